/** The numbers that decisions are made with. Durations in milliseconds. */
export type Policy = {
  /** Rest after a verified remediation. RESPONDER_COOLDOWN_SECONDS. */
  readonly cooldownMs: number;
  /** Wait after the first attempt that did not verify; doubles up to `backOffMaxMs`. */
  readonly backOffBaseMs: number;
  readonly backOffMaxMs: number;
  /** Attempts that reached Docker and did not verify, in a sliding window, until the breaker opens. */
  readonly breakerLimit: number;
  readonly breakerWindowMs: number;
  /** How long an open breaker stays open before it lets one probe through. */
  readonly breakerOpenMs: number;
  /** Requests per endpoint and target in a sliding window. */
  readonly rateLimit: number;
  readonly rateWindowMs: number;
  /** Requests that state a lower confidence are refused; 0 lets all through. */
  readonly minConfidence: number;
  readonly deniedPrincipals: readonly string[];
};

/** How long a lease is good for, and when its end can be told. Durations in milliseconds. */
export type LeaseTiming = {
  /** Added to every deadline for messages on their way. */
  readonly slackMs: number;
  /** From a sign of progress to the next: one call, its settling and one verification. */
  readonly stepMs: number;
  /** From `closing` to the end: the longest pause assumed, the call's time-out, the stop grace and slack. */
  readonly quarantineMs: number;
};
