/**
 * Guarantee: a fact that another version wrote is never acknowledged, so that it waits for a replica that can read it.
 * What no service of the mesh wrote, or nobody can make anything of, is a dead letter and comes no more.
 */
import type { z } from 'zod';
import type { Bus } from '#libs/bus/bus';
import type { Delivery, Handled } from '#libs/bus/consume';
import { buryDead } from '#libs/bus/dead-letter';
import { versionHeader } from '#libs/bus/headers';
import { isOfAnotherVersion, parseFact, whyPoisoned, whyUnreadable } from '#libs/bus/poison';
import { remediationIdOf } from '#libs/contracts/subjects';
import { atMostEachMinute } from '#libs/runtime/at-most-each-minute';

export type FactHandler = (delivery: Delivery) => Promise<Handled>;

/** A fact about a remediation of which no `requested` stands: it can have no end. */
export class NeverRequested extends Error {
  override readonly name = 'NeverRequested';
}

/** Makes handlers of facts. What waits is told at most once a minute, by all of them together. */
export function readingFacts(bus: Bus) {
  const { log, clock } = bus;
  const mayTell = atMostEachMinute(clock);
  const tell = (error: unknown, subject: string, sequence: number): void => {
    if (!mayTell('unreadable')) return;
    log.warn(
      { err: error, subject, sequence },
      'a fact cannot be read, because a service of another version of hemostat wrote it; it waits in NATS and is tried again and again, and nothing comes of it meanwhile. What to do: let all services run the same version (nats micro ls shows which they run); what none of them can read goes when it is older than HEMOSTAT_FACTS_DAYS',
    );
  };
  const bury = async (delivery: Delivery, reason: string, why: string): Promise<Handled> => {
    log.error({ subject: delivery.subject, reason }, `a fact is a dead letter: ${why}`);
    await buryDead(bus, delivery, reason, why);
    return 'ack';
  };
  return <S extends z.ZodType>(schema: S, handle: (fact: z.output<S>) => Promise<Handled>): FactHandler =>
    async (delivery) => {
      const { subject } = delivery;
      let fact: z.output<S>;
      try {
        fact = parseFact(schema, subject, delivery.text());
      } catch (error) {
        if (!isOfAnotherVersion(delivery.header(versionHeader)))
          return bury(delivery, 'unreadable_fact', whyUnreadable(error));
        tell(error, subject, delivery.sequence);
        // Soon at first: during an upgrade another replica may be able to read it.
        return { retryInMs: Math.min(10_000, 250 * 2 ** Math.min(delivery.deliveryCount, 6)) };
      }
      try {
        return await handle(fact);
      } catch (error) {
        if (error instanceof NeverRequested) return bury(delivery, 'never_requested', error.message);
        // Something else that stands about it may be what cannot be read.
        const why = await whyPoisoned(bus, error, remediationIdOf(subject));
        if (why === undefined) throw error;
        return bury(delivery, 'unreadable_fact', why);
      }
    };
}
