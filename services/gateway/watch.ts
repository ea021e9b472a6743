/**
 * Guarantee: a terminal fact is reported only when it stands in the stream. It is heard as soon as it is stored; a
 * slow poll finds what was not heard.
 */
import { z } from 'zod';
import type { Bus } from '#libs/bus/bus';
import { readFact, type StoredFact } from '#libs/bus/fact';
import { type Terminal, terminalOf } from '#libs/bus/remediation-record';
import { hearStored } from '#libs/bus/stored-feed';
import { completeSchema, type Decided, decidedSchema } from '#libs/contracts/facts';
import {
  anyComplete,
  anyDecided,
  completeSubject,
  decidedSubject,
  remediationIdOf,
} from '#libs/contracts/subjects';
import { createNews } from '#libs/runtime/news';

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

/** Hears of every end there is, for whoever waits for one. */
export interface Ends extends Disposable {
  /** Listens from this moment on; open it before the request is stated. */
  watch(id: string): Watch;
}

type Tell = (terminal: Terminal) => void;

const pollMs = 2_000;
const lastWordSchema = z.union([decidedSchema, completeSchema]);

/** Opens the one ear of this gateway, so that a request costs no subscription of its own. */
export async function hearEnds(bus: Bus, signal: AbortSignal): Promise<Ends> {
  const waiting = new Map<string, Set<Tell>>();
  const tellOf = (subject: string, body: unknown): void => {
    const terminal = terminalOf(lastWordSchema.parse(body));
    if (terminal) for (const tell of waiting.get(remediationIdOf(subject)) ?? []) tell(terminal);
  };
  const wants = (subject: string): boolean => waiting.has(remediationIdOf(subject));
  const feed = await hearStored(bus, { subjects: [anyDecided, anyComplete], wants, onFact: tellOf }, signal);
  return {
    [Symbol.dispose]: () => feed[Symbol.dispose](),
    watch: (id) => watchOne(bus, id, waiting),
  };
}

function watchOne(bus: Bus, id: string, waiting: Map<string, Set<Tell>>): Watch {
  const news = createNews(bus.clock);
  let heard: Terminal | undefined;
  const tell = (terminal: Terminal): void => {
    heard = terminal;
    news.tell();
  };
  const ears = waiting.get(id) ?? new Set();
  waiting.set(id, ears.add(tell));
  return {
    [Symbol.dispose]: () => {
      ears.delete(tell);
      if (ears.size === 0 && waiting.get(id) === ears) waiting.delete(id);
    },
    terminal: async ({ engine, waitMs, signal, lookFirst }) => {
      const look = terminalReader(bus, id, engine);
      const until = bus.clock.now() + waitMs;
      let found = lookFirst ? await look() : undefined;
      while (!heard && !found && !signal.aborted && bus.clock.now() < until) {
        const told = await news.within(Math.min(until - bus.clock.now(), pollMs), signal);
        if (!told) found = await look();
      }
      return heard ?? found;
    },
  };
}

function terminalReader(bus: Bus, id: string, engine: string): () => Promise<Terminal | undefined> {
  let decided: StoredFact<Decided> | undefined;
  return async () => {
    try {
      decided ??= await readFact(bus, decidedSubject(id, engine), decidedSchema);
      if (decided?.body.verdict !== 'approved') return terminalOf(decided?.body);
      const complete = await readFact(bus, completeSubject(id), completeSchema);
      return terminalOf(complete?.body);
    } catch (error) {
      bus.log.debug({ err: error }, 'could not look for the end of a remediation; looking again');
      return undefined;
    }
  };
}
