/** The engine never heard of the call. The message says why. */
export class NotReached extends Error {
  override readonly name = 'NotReached';
}

/** Undefined for an error after which nobody knows what the engine heard. */
export function notReached(error: unknown, socketPath: string): NotReached | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || error.syscall !== 'connect') return undefined;
  const code = 'code' in error ? String(error.code) : 'unknown';
  return new NotReached(`${why[code] ?? `it cannot be connected to (${code})`}: ${socketPath}`, {
    cause: error,
  });
}

const why: Readonly<Record<string, string>> = {
  ENOENT: "Docker's socket does not exist",
  ECONNREFUSED: "nothing listens on Docker's socket, the engine is stopped",
  EACCES: "permission denied on Docker's socket",
};
