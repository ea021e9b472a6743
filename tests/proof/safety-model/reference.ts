/**
 * What the documents say about budgets, said a second time: plain numbers, nothing shared with the service. Instants in
 * milliseconds since the epoch; an instant is over when it has come.
 */
export type Numbers = {
  readonly cooldownMs: number;
  readonly backOffBaseMs: number;
  readonly backOffMaxMs: number;
  readonly breakerLimit: number;
  readonly breakerWindowMs: number;
  readonly breakerOpenMs: number;
  readonly rateLimit: number;
  readonly rateWindowMs: number;
  readonly minConfidence: number;
  readonly deniedPrincipals: readonly string[];
};

export type Wishes = {
  readonly cooldown_seconds?: number;
  readonly max_retries?: number;
  readonly min_confidence?: number;
  readonly actions?: string[];
};

/** One target of one request. */
export type Asked = {
  readonly id: string;
  readonly endpoint: string;
  readonly principal: string;
  readonly action: string;
  readonly kind: 'plain' | 'diagnostic' | 'undoing';
  readonly confidence: number | undefined;
  readonly override: readonly string[];
  readonly isProtected: boolean;
  readonly wishes: Wishes | undefined;
};

/** `until` undefined: without an end that is known. */
export type No = { readonly gate: string; readonly reason: string; readonly until: number | undefined };

export class TargetBook {
  lease: string | undefined;
  private verifiedAt: number | undefined;
  private failures = 0;
  private failedAt = 0;
  private leastMs = 0;
  private attempts: number[] = [];
  private openedAt: number | undefined;
  private wishes: Wishes | undefined;
  private asks = new Map<string, { id: string; at: number }[]>();

  refusals(numbers: Numbers, asked: Asked, now: number): readonly No[] {
    const own = tightened(numbers, asked.wishes);
    const nos: No[] = [];
    const say = (gate: string, reason: string, until?: number): number => nos.push({ gate, reason, until });
    if (asked.isProtected) say('protected', 'protected_target');
    if (asked.wishes?.actions && !asked.wishes.actions.includes(asked.action))
      say('labels', 'forbidden_by_label');
    if (own.deniedPrincipals.includes(asked.principal)) say('principal', 'not_permitted');
    if (asked.confidence !== undefined && asked.confidence < own.minConfidence)
      say('confidence', 'low_confidence');
    if (this.lease !== undefined && this.lease !== asked.id) say('busy', 'busy');
    const rests = this.verifiedAt === undefined ? now : this.verifiedAt + own.cooldownMs;
    if (rests > now && asked.kind === 'plain') say('cooldown', 'cooldown_active', rests);
    const waits = this.failures === 0 ? now : this.waitsUntil(own);
    if (waits > now && asked.kind !== 'diagnostic') say('back_off', 'back_off_active', waits);
    const opens = this.breakerOpenUntil(own, now);
    if (opens !== undefined && opens > now && asked.kind !== 'diagnostic')
      say('breaker', 'circuit_breaker_open', opens);
    const counted = this.counted(own, asked.endpoint, now).filter(({ id }) => id !== asked.id);
    const oldest = counted[0];
    if (oldest && counted.length >= own.rateLimit) say('rate', 'rate_limited', oldest.at + own.rateWindowMs);
    return nos.filter(({ gate }) => !asked.override.includes(gate));
  }

  /** How many attempts the breaker would speak of. */
  retryCount(numbers: Numbers, { wishes }: Asked, now: number): number {
    const own = tightened(numbers, wishes);
    return (this.openedAt === undefined ? this.recent(own, now) : this.attempts).length;
  }

  /** Every request that was judged counts, once, and not beyond the limit. */
  count(numbers: Numbers, asked: Asked, now: number): void {
    this.wishes = asked.wishes;
    const counted = this.counted(numbers, asked.endpoint, now);
    if (counted.length >= numbers.rateLimit || counted.some(({ id }) => id === asked.id)) return;
    this.asks.set(asked.endpoint, [...counted, { id: asked.id, at: now }]);
  }

  /** `leastMs`: how long it was looked at in vain. */
  end(numbers: Numbers, effect: 'none' | 'verified' | 'unverified', now: number, leastMs = 0): void {
    this.lease = undefined;
    const own = tightened(numbers, this.wishes);
    const until = this.breakerOpenUntil(own, now);
    if (effect === 'verified') {
      this.verifiedAt = now;
      this.failures = 0;
      if (until === undefined) return;
      this.openedAt = undefined;
      this.attempts = [];
    }
    if (effect === 'unverified') {
      this.failures += 1;
      this.failedAt = now;
      this.leastMs = leastMs;
      this.attempts = [...this.recent(own, now), now].slice(-own.breakerLimit);
      if (until !== undefined || this.attempts.length >= own.breakerLimit) this.openedAt = now;
    }
  }

  reset(part: string): void {
    if (part === 'cooldown') this.verifiedAt = undefined;
    if (part === 'back_off') this.failures = 0;
    if (part === 'breaker') {
      this.openedAt = undefined;
      this.attempts = [];
    }
    if (part === 'rate') this.asks.clear();
  }

  /** Every instant from which something is allowed again. */
  turns(numbers: Numbers): readonly number[] {
    const own = tightened(numbers, this.wishes);
    return [
      ...(this.verifiedAt === undefined ? [] : [this.verifiedAt + own.cooldownMs]),
      ...(this.failures === 0 ? [] : [this.waitsUntil(own)]),
      ...(this.openedAt === undefined ? [] : [this.openedAt + own.breakerOpenMs]),
      ...this.attempts.map((at) => at + own.breakerWindowMs),
      ...[...this.asks.values()].flat().map(({ at }) => at + own.rateWindowMs),
    ];
  }

  private waitsUntil(own: Numbers): number {
    return this.failedAt + Math.max(backOff(own, this.failures), this.leastMs);
  }

  /** Undefined while closed; in the past while half-open: then the lease sees to it that one probe goes through. */
  private breakerOpenUntil(own: Numbers, now: number): number | undefined {
    if (this.openedAt !== undefined) return this.openedAt + own.breakerOpenMs;
    const recent = this.recent(own, now);
    const last = recent.at(-1);
    return last !== undefined && recent.length >= own.breakerLimit ? last + own.breakerOpenMs : undefined;
  }

  private recent(own: Numbers, now: number): number[] {
    return this.attempts.filter((at) => now - at < own.breakerWindowMs);
  }

  private counted(own: Numbers, endpoint: string, now: number) {
    return (this.asks.get(endpoint) ?? []).filter(({ at }) => now - at < own.rateWindowMs);
  }
}

function tightened(numbers: Numbers, wishes: Wishes | undefined): Numbers {
  return {
    ...numbers,
    cooldownMs: Math.max(numbers.cooldownMs, 1_000 * (wishes?.cooldown_seconds ?? 0)),
    breakerLimit: Math.min(numbers.breakerLimit, wishes?.max_retries ?? numbers.breakerLimit),
    minConfidence: Math.max(numbers.minConfidence, wishes?.min_confidence ?? 0),
  };
}

function backOff({ backOffBaseMs, backOffMaxMs }: Numbers, failures: number): number {
  let waitMs = backOffBaseMs;
  for (let n = 1; n < failures && waitMs < backOffMaxMs; n += 1) waitMs += waitMs;
  return Math.min(waitMs, backOffMaxMs);
}

/** What weighs most: no end, then the latest end; a busy target frees itself soonest. The first of equals. */
export function heaviest<T extends No>(nos: readonly T[]): T | undefined {
  const weight = ({ reason, until }: No): number =>
    until ?? (reason === 'busy' ? 0 : Number.POSITIVE_INFINITY);
  return nos.reduce<T | undefined>(
    (worst, no) => (worst === undefined || weight(no) > weight(worst) ? no : worst),
    undefined,
  );
}
