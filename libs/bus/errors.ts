import { JetStreamApiError } from '@nats-io/jetstream';

const duplicateCodes: readonly number[] = [10071, 10164];

/** The server refused because something is stored there already (10164 is the form of 2.12 and later). */
export function isConflict(error: unknown): boolean {
  return error instanceof JetStreamApiError && duplicateCodes.includes(error.code);
}

/** The server answered and said no: publishing the same again gives the same answer. */
export function isFinalRefusal(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.status >= 400 && error.status < 500;
}

/** The server answered, and it was no: other than a time-out, this leaves no doubt that nothing was stored. */
export function isServersRefusal(error: unknown): boolean {
  return error instanceof JetStreamApiError && !isConflict(error);
}
