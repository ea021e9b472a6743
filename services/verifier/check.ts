/**
 * Guarantee: nothing of a verification is kept here. All progress is in the reply and comes back with the next
 * question, so any replica can go on with it, and a lost call costs only its own looks.
 */
import type { z } from 'zod';
import type { Bound } from '#libs/contracts/bound';
import type { Problem } from '#libs/contracts/problem';
import type { ContainerReading, verifierVerbs } from '#libs/contracts/rpc';
import type { Target } from '#libs/contracts/target';
import type { Clock } from '#libs/runtime/clock';
import { failpoint } from '#libs/runtime/failpoint';
import { beginning, type HttpReading, judge, type Readings } from './judge.ts';
import type { TargetWatch } from './target-watch.ts';

export type CheckRequest = z.output<typeof verifierVerbs.check.request>;
export type CheckReply = z.output<typeof verifierVerbs.check.reply>;

export type CheckPorts = {
  /** Throws a `Problem` when the executor or its engine is away. */
  readonly inspect: (target: Target, bound: Bound | undefined) => Promise<ContainerReading>;
  readonly watch: TargetWatch;
  readonly clock: Clock;
  readonly pollMs: number;
  /** How old an answer may be to stand in for one that has not come yet. */
  readonly lastGoodForMs: number;
  readonly signal: AbortSignal;
};

const longestCallMs = 2_000;

/** Looks at a patient until there is a verdict, or for two seconds. */
export async function check(ports: CheckPorts, request: CheckRequest): Promise<CheckReply> {
  const { clock, pollMs, signal } = ports;
  const until = clock.now() + longestCallMs;
  const question = {
    expectation: request.expectation,
    startedBefore: request.started_before,
    replicas: request.replicas,
  };
  let progress = request.progress ?? beginning(clock.now());
  for (;;) {
    const readings = await look(ports, request, until);
    failpoint('verifier-looked');
    const judgement = judge(progress, readings, question, clock.now());
    progress = judgement.progress;
    const done = judgement.verdict !== 'pending' || clock.now() + pollMs >= until || signal.aborted;
    if (done) return { ...judgement, readings };
    await clock.sleep(pollMs, signal);
  }
}

async function look(ports: CheckPorts, request: CheckRequest, until: number): Promise<Readings> {
  const { target, bound, expectation } = request;
  const [container, http] = await Promise.all([
    ports.inspect(target, bound).catch(whyNot),
    expectation.http_health ? readHttp(ports, until) : null,
  ]);
  return { container, http };
}

function whyNot(error: unknown): { readonly why: string } {
  const problem = error as Partial<Problem>;
  return {
    why:
      problem.name === 'Problem' && problem.message ? problem.message : 'the executor gave no usable answer.',
  };
}

/** A slow target is not waited for beyond the call; its probe goes on and the next call finds it. */
async function readHttp(ports: CheckPorts, until: number): Promise<HttpReading> {
  const { clock, watch, lastGoodForMs } = ports;
  const enough = new AbortController();
  const late = clock.sleep(Math.max(0, until - clock.now()), enough.signal).then(() => undefined);
  const seen = await Promise.race([watch.read(0), late]);
  enough.abort();
  if (seen) return { is: 'answered', health: seen.health };
  const last = watch.last();
  const fresh = last !== undefined && clock.now() - last.atMs <= lastGoodForMs;
  return { is: 'waiting', last: fresh ? last.health : null };
}
