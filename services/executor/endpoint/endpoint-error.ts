/**
 * What a failed call to an endpoint means. `not_reached`: it never heard of the call. `no_answer`: it may have done
 * it, may be doing it, or may never have heard of it.
 */
export class EndpointError extends Error {
  override readonly name = 'EndpointError';
  readonly kind: 'not_reached' | 'no_answer';
  readonly remedy: string;

  constructor(kind: EndpointError['kind'], message: string, remedy: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
    this.remedy = remedy;
  }
}

// Nothing of the request has left this machine, or arrived there.
const neverSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** The one place where an error of the HTTP client gets its meaning. `setting` names the address. */
export function toEndpointError(error: unknown, setting: string): EndpointError {
  if (error instanceof EndpointError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  if (neverSent.has(code)) {
    return new EndpointError(
      'not_reached',
      `The endpoint of ${setting} cannot be reached (${code})`,
      `check that it runs, and that ${setting} is right as seen from the executor`,
      error,
    );
  }
  const timedOut = error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError');
  return new EndpointError(
    'no_answer',
    timedOut
      ? `The endpoint of ${setting} did not answer in time`
      : `The connection to the endpoint of ${setting} broke in the middle of a call (${code})`,
    'see its log whether it heard of the call',
    error,
  );
}
