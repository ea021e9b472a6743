/** Counters of a target since its start, if it tells them. */
export type Totals = { readonly requests: number; readonly errors: number };

/**
 * What the number is about: `now` (between two polls, or stated by a target that tells no totals), `lifetime`
 * (all the time since the target started), `idle` (nobody asked the target anything between the polls).
 */
export type ErrorRate = {
  readonly percent: number | null;
  readonly about: 'now' | 'lifetime' | 'idle' | 'nothing';
};

const requestNames = ['total_requests', 'requests_total', 'request_count'];
const errorNames = ['total_errors', 'errors_total', 'error_count', 'failed_requests'];

/** Reads the counters out of `metrics.application`; undefined unless both are there. */
export function totalsOf(application: Readonly<Record<string, unknown>>): Totals | undefined {
  const requests = firstCount(application, requestNames);
  const errors = firstCount(application, errorNames);
  return requests === undefined || errors === undefined ? undefined : { requests, errors };
}

/** The share of requests that failed between two polls: lifetime counters stay high long after a recovery. */
export function errorRateBetween(
  before: Totals | undefined,
  now: Totals | undefined,
  stated: number | null,
): ErrorRate {
  if (now === undefined) return { percent: stated, about: stated === null ? 'nothing' : 'now' };
  if (before === undefined) return { percent: stated ?? share(now), about: 'lifetime' };
  // Smaller counters: the target was restarted between the polls and has counted from zero since.
  const restarted = now.requests < before.requests || now.errors < before.errors;
  const since = restarted
    ? now
    : { requests: now.requests - before.requests, errors: now.errors - before.errors };
  const percent = share(since);
  return percent === null ? { percent: stated, about: 'idle' } : { percent, about: 'now' };
}

function share({ requests, errors }: Totals): number | null {
  return requests === 0 ? null : Math.round(Math.min(1, errors / requests) * 10_000) / 100;
}

function firstCount(record: Readonly<Record<string, unknown>>, names: readonly string[]): number | undefined {
  return names
    .map((name) => record[name])
    .find((value): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0);
}
