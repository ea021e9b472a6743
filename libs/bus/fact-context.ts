import type { Context } from '@opentelemetry/api';
import { streams } from '#libs/contracts/subjects';
import type { Bus } from './bus.ts';
import { contextOf, readableHeaders } from './headers.ts';

/** The span in which the fact on a subject was stated; the root context when there is no such fact. */
export async function contextOfFact(bus: Bus, subject: string): Promise<Context> {
  const stored = await bus.jsm.streams.getMessage(streams.facts, { last_by_subj: subject });
  return contextOf(readableHeaders(() => stored?.header));
}
