export type ApplicationMetrics = {
  readonly total_requests: number;
  readonly total_errors: number;
  readonly error_rate_percent: number;
  readonly avg_response_time_ms: number;
};

export type RequestLog = {
  add(ok: boolean, durationMs: number, now: number): void;
  metrics(now: number): ApplicationMetrics;
};

type Entry = { readonly at: number; readonly ok: boolean; readonly durationMs: number };

/** Totals since the start; rate and duration of the last `windowMs`. */
export function createRequestLog(windowMs: number): RequestLog {
  let total_requests = 0;
  let total_errors = 0;
  let recent: readonly Entry[] = [];
  const since = (now: number): readonly Entry[] => recent.filter(({ at }) => at > now - windowMs);
  return {
    add: (ok, durationMs, now) => {
      total_requests += 1;
      if (!ok) total_errors += 1;
      recent = [...since(now), { at: now, ok, durationMs }];
    },
    metrics: (now) => {
      const entries = since(now);
      const count = Math.max(1, entries.length);
      const errors = entries.filter(({ ok }) => !ok).length;
      const duration = entries.reduce((sum, { durationMs }) => sum + durationMs, 0);
      return {
        total_requests,
        total_errors,
        error_rate_percent: oneDecimal((errors / count) * 100),
        avg_response_time_ms: oneDecimal(duration / count),
      };
    },
  };
}

const oneDecimal = (value: number): number => Math.round(value * 10) / 10;
