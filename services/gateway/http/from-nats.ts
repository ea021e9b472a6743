import { ZodError } from 'zod';
import { Problem } from '#libs/contracts/problem';

/** For reads of stored facts: they fail only when NATS does, or when another version wrote what is read. */
export function fromNats<T>(work: Promise<T>): Promise<T> {
  return work.catch((cause: unknown) => {
    if (cause instanceof Problem) throw cause;
    if (cause instanceof ZodError) throw new Problem('service_unavailable', sayUnreadable, { cause });
    throw new Problem(
      'nats_unavailable',
      'NATS does not answer. Check that nats-server runs, then try again.',
      { cause },
    );
  });
}

const sayUnreadable =
  'A stored fact cannot be read by this gateway: a service of another version of hemostat wrote it, as happens during an upgrade or after going back. Let all services run the same version (nats micro ls shows which they run), then try again.';
