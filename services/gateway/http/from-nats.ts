import { ZodError } from 'zod';
import { Problem } from '#libs/contracts/problem';

/** For reads that fail only when NATS does. */
export function fromNats<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    if (error instanceof Problem || error instanceof ZodError) throw error;
    throw new Problem(
      'nats_unavailable',
      'NATS does not answer. Check that nats-server runs, then try again.',
      {
        cause: error,
      },
    );
  });
}
