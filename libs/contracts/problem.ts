/**
 * Every error that a user can meet, with its stable code. `detail` says cause and remedy for this case;
 * nothing internal (stack, path, address of a colleague) goes into it.
 */
export const problems = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  unauthenticated: { status: 401, title: 'A token is needed' },
  not_permitted: { status: 403, title: 'Not permitted' },
  protected_target: { status: 403, title: 'The target is protected' },
  forbidden_by_label: { status: 403, title: 'The labels of the target forbid it' },
  low_confidence: { status: 403, title: 'The confidence is too low' },
  not_found: { status: 404, title: 'Not found' },
  container_not_found: { status: 404, title: 'No such container' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  request_timeout: { status: 408, title: 'The request did not arrive in time' },
  busy: { status: 409, title: 'Another remediation holds the target' },
  ambiguous_target: { status: 409, title: 'The name fits more than one target' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body must be JSON' },
  idempotency_key_reused: { status: 422, title: 'The idempotency key was used for another request' },
  not_applicable: { status: 422, title: 'The action does not apply to this target' },
  headers_too_large: { status: 431, title: 'The headers are too long' },
  cooldown_active: { status: 429, title: 'The target is cooling down' },
  back_off_active: { status: 429, title: 'The last attempt failed; backing off' },
  circuit_breaker_open: { status: 429, title: 'The circuit breaker is open' },
  rate_limited: { status: 429, title: 'Too many requests for this target' },
  internal: { status: 500, title: 'Something went wrong inside' },
  kill_switch: { status: 503, title: 'Remediation is switched off' },
  maintenance_window: { status: 503, title: 'A maintenance window is on' },
  nats_unavailable: { status: 503, title: 'NATS cannot be reached' },
  docker_unavailable: { status: 503, title: 'Docker cannot be reached' },
  service_unavailable: { status: 503, title: 'A service of the mesh does not answer' },
  too_many_streams: { status: 503, title: 'Too many event streams are open' },
  expired: { status: 503, title: 'The request expired before it could start' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof problems;

export type FieldError = { readonly field: string; readonly message: string };

/** An expected failure on its way to a user. `extras` become members of the problem document. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly errors: readonly FieldError[];
  readonly extras: Readonly<Record<string, unknown>>;

  constructor(
    code: ProblemCode,
    detail: string,
    more: {
      errors?: readonly FieldError[];
      extras?: Readonly<Record<string, unknown>>;
      cause?: unknown;
    } = {},
  ) {
    super(detail, { cause: more.cause });
    this.name = 'Problem';
    this.code = code;
    this.errors = more.errors ?? [];
    this.extras = more.extras ?? {};
  }

  get status(): number {
    return problems[this.code].status;
  }

  /** RFC 9457 problem details. */
  toDocument(): Record<string, unknown> {
    return {
      type: `urn:hemostat:problem:${this.code}`,
      title: problems[this.code].title,
      status: this.status,
      code: this.code,
      detail: this.message,
      ...(this.errors.length > 0 ? { errors: this.errors } : {}),
      ...this.extras,
    };
  }
}

export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problems, code);
}

/** For a field that no schema alone can judge, in the words of those that one can. */
export function invalidField(field: string, message: string): Problem {
  return new Problem('invalid_request', `The request is not valid. ${field}: ${message}`, {
    errors: [{ field, message }],
  });
}
