/**
 * Guarantee: a fact that cannot be read is never acknowledged, so that it waits for a replica of the version that wrote it.
 */
import type { z } from 'zod';
import type { Delivery, Handled } from '#libs/bus/consume';
import { parseJson } from '#libs/contracts/json';
import { atMostEachMinute } from '#libs/runtime/at-most-each-minute';
import type { Clock } from '#libs/runtime/clock';
import type { Log } from '#libs/runtime/log';

export type FactHandler = (
  delivery: Pick<Delivery, 'subject' | 'sequence' | 'deliveryCount' | 'text'>,
) => Promise<Handled>;

/** Makes handlers of facts. What they cannot read is told at most once a minute, by all of them together. */
export function readingFacts({ log, clock }: { readonly log: Log; readonly clock: Clock }) {
  const mayTell = atMostEachMinute(clock);
  const tell = (error: unknown, subject: string, sequence: number): void => {
    if (!mayTell('unreadable')) return;
    log.warn(
      { err: error, subject, sequence },
      'a fact cannot be read, most likely because a service of another version of hemostat wrote it; it waits in NATS and is tried again and again, and nothing comes of it meanwhile. What to do: let all services run the same version (nats micro ls shows which they run); what none of them can read goes when it is older than HEMOSTAT_FACTS_DAYS',
    );
  };
  return <S extends z.ZodType>(schema: S, handle: (fact: z.output<S>) => Promise<Handled>): FactHandler =>
    async ({ subject, sequence, deliveryCount, text }) => {
      let fact: z.output<S>;
      try {
        fact = schema.parse(parseJson(text()));
      } catch (error) {
        tell(error, subject, sequence);
        // Soon at first: during an upgrade another replica may be able to read it.
        return { retryInMs: Math.min(10_000, 250 * 2 ** Math.min(deliveryCount, 6)) };
      }
      return handle(fact);
    };
}
