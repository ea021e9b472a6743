import type { z } from 'zod';
import { callRpc } from '#libs/bus/rpc';
import type { Bound } from '#libs/contracts/bound';
import type { Verified } from '#libs/contracts/facts';
import type { Expectation } from '#libs/contracts/plan';
import { Problem } from '#libs/contracts/problem';
import { type Progress, type ReplicasWanted, verifierVerbs } from '#libs/contracts/rpc';
import type { Details } from '#libs/contracts/scalars';
import { rpcSubject } from '#libs/contracts/subjects';
import type { Target } from '#libs/contracts/target';
import { type ExecutorContext, pause } from './running.ts';

export type Question = {
  readonly target: Target;
  readonly bound: Bound | undefined;
  readonly expectation: Expectation;
  /** Docker's StartedAt before a step that starts the patient anew. */
  readonly started_before: string | null;
  /** How many of a service must run, where it does not say so itself. */
  readonly replicas?: ReplicasWanted;
};

export type Opinion = Pick<Verified, 'verdict' | 'message' | 'readings'>;

/** A call lasts two seconds, and its last look two more at most; beyond that its verifier is dead, and another one is asked. */
const answerWithinMs = 5_000;
const apartMs = 250;
/** The verifier ends at the time-out by itself; this is for one that has just been replaced. */
const slackMs = 10_000;

const subject = rpcSubject('verifier', 'check');

/** Asks the verifier until it is sure or its time is over. Any replica may answer any of the questions. */
export async function verify(context: ExecutorContext, question: Question): Promise<Opinion> {
  const { bus } = context;
  const timeoutMs = question.expectation.timeout_seconds * 1_000;
  const began = bus.clock.now();
  let progress: Progress | null = null;
  let last: { readonly readings: Details } | undefined;
  for (;;) {
    const asked = bus.clock.now();
    const reply = await ask(context, { ...question, progress });
    if (!(reply instanceof Problem)) {
      if (reply.verdict !== 'pending') {
        return { verdict: reply.verdict, message: reply.message, readings: reply.readings };
      }
      progress = reply.progress;
      last = reply;
    } else if (reply.status < 500) return inconclusive(`the verifier refused to look: ${reply.message}`);
    const now = bus.clock.now();
    const longestMs = Math.max(timeoutMs, 1_000 * (progress?.look_seconds ?? 0));
    if (now >= began + longestMs + slackMs) return inconclusive(reply.message, last?.readings);
    await pause(context, Math.max(0, asked + apartMs - now));
  }
}

type Check = typeof verifierVerbs.check;

async function ask(
  { bus }: ExecutorContext,
  question: Question & { readonly progress: Progress | null },
): Promise<z.output<Check['reply']> | Problem> {
  try {
    return await callRpc(bus, subject, verifierVerbs.check, question, { timeoutMs: answerWithinMs });
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

function inconclusive(message: string, readings: Details = {}): Opinion {
  return { verdict: 'inconclusive', message, readings };
}
