/**
 * Guarantee: a terminal fact is reported only after it was read from the stream. What is heard live says when to
 * look; a slow poll finds what was not heard.
 */
import type { Bus } from '#libs/bus/bus';
import { readFact, type StoredFact } from '#libs/bus/fact';
import { listen } from '#libs/bus/live';
import { type Terminal, terminalOf } from '#libs/bus/remediation-record';
import { completeSchema, type Decided, decidedSchema } from '#libs/contracts/facts';
import { completeSubject, decidedSubject, factsOf } from '#libs/contracts/subjects';
import { createNews } from './news.ts';

export type WaitOptions = {
  readonly engine: string;
  readonly waitMs: number;
  /** Ends the waiting early: the caller left, or the gateway stops. */
  readonly signal: AbortSignal;
  /** Look once before waiting: it may have come to its end already. */
  readonly lookFirst: boolean;
};

export interface Watch extends Disposable {
  /** The terminal fact, or undefined when it did not come in time. Bears NATS being away. */
  terminal(options: WaitOptions): Promise<Terminal | undefined>;
}

const pollMs = 2_000;
// Subscribers may hear a fact a moment before the stream can be read, so the first looks come in quick succession.
const soonMs = 5;

/** Listens from this moment on; open it before the request is stated. */
export function watchRemediation(bus: Bus, id: string): Watch {
  const news = createNews(bus.clock);
  const verdicts = decidedSubject(id, '');
  const end = completeSubject(id);
  const listening = listen(bus, factsOf(id), (subject) => {
    if (subject === end || subject.startsWith(verdicts)) news.tell();
  });
  return {
    [Symbol.dispose]: () => listening[Symbol.dispose](),
    terminal: async ({ engine, waitMs, signal, lookFirst }) => {
      const look = terminalReader(bus, id, engine);
      const until = bus.clock.now() + waitMs;
      let restMs = pollMs;
      let found = lookFirst ? await look() : undefined;
      while (!found && !signal.aborted && bus.clock.now() < until) {
        const told = await news.within(Math.min(until - bus.clock.now(), restMs), signal);
        restMs = told ? soonMs : Math.min(pollMs, restMs * 4);
        found = await look();
      }
      return found;
    },
  };
}

function terminalReader(bus: Bus, id: string, engine: string): () => Promise<Terminal | undefined> {
  let decided: StoredFact<Decided> | undefined;
  return async () => {
    try {
      decided ??= await readFact(bus, decidedSubject(id, engine), decidedSchema);
      if (decided?.body.verdict !== 'approved') return terminalOf({ decided });
      return terminalOf({ complete: await readFact(bus, completeSubject(id), completeSchema) });
    } catch (error) {
      bus.log.debug({ err: error }, 'could not look for the end of a remediation; looking again');
      return undefined;
    }
  };
}
