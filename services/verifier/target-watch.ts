import type { TargetHealth } from '#libs/contracts/rpc';
import type { Clock } from '#libs/runtime/clock';
import type { Meaning } from './config.ts';
import type { Totals } from './error-rate.ts';
import type { Probe, TargetReading } from './probe.ts';
import { assess } from './target-health.ts';

/** A target's health and the instant at which the question was answered. */
export type Seen = { readonly health: TargetHealth; readonly atMs: number };

export interface TargetWatch {
  /**
   * Callers at the same time share one probe; a result of up to `maxAgeMs` ago will do. After `withinMs` it tells what
   * is known by then; the look goes on. Never rejects.
   */
  read(maxAgeMs: number, withinMs?: number): Promise<Seen>;
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
  let underWay: { readonly soFar: () => TargetReading; readonly done: Promise<Seen> } | undefined;

  const look = (): NonNullable<typeof underWay> => {
    const { soFar, done } = probe.look();
    const judged = done.then((reading) => {
      const assessed = assess(reading, totals, meaning, origin);
      totals = assessed.totals ?? totals;
      seen = { health: assessed.health, atMs: clock.now() };
      underWay = undefined;
      return seen;
    });
    return { soFar, done: judged };
  };

  return {
    read: async (maxAgeMs, withinMs) => {
      if (seen && clock.now() - seen.atMs < maxAgeMs) return seen;
      underWay ??= look();
      const { soFar, done } = underWay;
      if (withinMs === undefined) return done;
      const heard = new AbortController();
      const known = clock
        .sleep(withinMs, heard.signal)
        .then(() => ({ health: assess(soFar(), totals, meaning, origin).health, atMs: clock.now() }));
      return Promise.race([done, known]).finally(() => heard.abort());
    },
    last: () => seen,
  };
}
