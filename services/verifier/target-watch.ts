import type { TargetHealth } from '#libs/contracts/rpc';
import type { Clock } from '#libs/runtime/clock';
import type { Meaning } from './config.ts';
import type { Totals } from './error-rate.ts';
import type { Probe } from './probe.ts';
import { assess } from './target-health.ts';

/** A target's health and the instant at which the question was answered. */
export type Seen = { readonly health: TargetHealth; readonly atMs: number };

export interface TargetWatch {
  /** Callers at the same time share one probe; a result of up to `maxAgeMs` ago will do. Never rejects. */
  read(maxAgeMs: number): Promise<Seen>;
  /** What was seen last, however long ago. */
  last(): Seen | undefined;
}

/** Keeps the last totals of the target, so that an error rate is about the time between two looks. */
export function createTargetWatch(
  probe: Probe,
  clock: Clock,
  meaning: Meaning,
  targetUrl: string,
): TargetWatch {
  const { origin } = new URL(targetUrl);
  let seen: Seen | undefined;
  let totals: Totals | undefined;
  let underWay: Promise<Seen> | undefined;

  const look = async (): Promise<Seen> => {
    const assessed = assess(await probe.read(), totals, meaning, origin);
    totals = assessed.totals ?? totals;
    seen = { health: assessed.health, atMs: clock.now() };
    return seen;
  };

  return {
    read: (maxAgeMs) => {
      if (seen && clock.now() - seen.atMs < maxAgeMs) return Promise.resolve(seen);
      underWay ??= look().finally(() => {
        underWay = undefined;
      });
      return underWay;
    },
    last: () => seen,
  };
}
