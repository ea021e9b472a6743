import type { z } from 'zod';
import { longerLook } from '#libs/contracts/healthcheck';
import type { ContainerReading, Progress, TargetHealth, verifierVerbs } from '#libs/contracts/rpc';
import { fromInstant, toInstant } from '#libs/runtime/instant';
import {
  type ContainerQuestion,
  type ContainerStanding,
  replacedMessage,
  stepContainer,
} from './judge-container.ts';
import { stepService } from './judge-service.ts';

export type Verdict = z.output<typeof verifierVerbs.check.reply>['verdict'];

/** One look at a patient. `why` is for a person: who could not be asked. */
export type Readings = {
  readonly container: ContainerReading | { readonly why: string };
  readonly http: HttpReading | null;
};

/** `waiting`: the target has not answered yet; `last` is what it said shortly before, if anything. */
export type HttpReading =
  | { readonly is: 'answered'; readonly health: TargetHealth }
  | { readonly is: 'waiting'; readonly last: TargetHealth | null };

export type Judgement = {
  readonly verdict: Verdict;
  readonly message: string;
  readonly progress: Progress;
};

const passesInARow = 3;
const failsInARow = 3;

export function beginning(nowMs: number): Progress {
  return {
    began_at: toInstant(nowMs),
    stable_since: null,
    started_at: null,
    passes: 0,
    fails: 0,
    downs: 0,
    breaks: 0,
    last_end: '',
    look_seconds: 0,
  };
}

/**
 * What one more look adds to what was seen before. Healthy needs the container stably as expected and, where its
 * HTTP health is asked for, three good answers in a row. Unhealthy needs evidence: certain death at once, anything
 * else when time is up, HTTP health if three answers in a row spoke of illness. What could not be seen or understood by
 * then is inconclusive, which never escalates.
 */
export function judge(
  before: Progress,
  readings: Readings,
  question: ContainerQuestion,
  nowMs: number,
): Judgement {
  const { expectation } = question;
  const container = 'why' in readings.container ? undefined : readings.container;
  const { standing, progress: stepped } = lookAtContainer(before, readings, question, nowMs);
  const http = expectation.state === 'running' ? readings.http : null;
  const longer = container && longerLook(expectation, container);
  // Also after it was healthy: then its target server may need the rest.
  const look_seconds = container?.health === 'starting' && longer ? longer.seconds : before.look_seconds;
  const progress = { ...stepped, ...answersAfter(stepped, standing, http), look_seconds };
  const about = (verdict: Verdict, message: string): Judgement => ({ verdict, message, progress });

  if (container?.replaced_by) {
    return about('inconclusive', replacedMessage(container, container.replaced_by));
  }
  if (standing.is === 'ill') return about('unhealthy', standing.message);
  const httpIsWell = http === null || progress.passes >= passesInARow;
  const elapsedSeconds = Math.max(0, nowMs - fromInstant(progress.began_at)) / 1_000;
  const seconds = Math.max(expectation.timeout_seconds, look_seconds);
  const why = longer && look_seconds > 0 ? `: ${longer.why}` : '';
  if (standing.is === 'well' && httpIsWell) {
    const late = elapsedSeconds >= expectation.timeout_seconds && why !== '';
    const waited = late ? ` It took ${Math.floor(elapsedSeconds)} s${why}.` : '';
    return about('healthy', `${allWell(standing, http)}${waited}`);
  }
  if (elapsedSeconds < seconds) return about('pending', pendingMessage(standing, http, progress));

  const over = `Time is up after ${seconds} s${why}.`;
  if (standing.is === 'unknown') return about('inconclusive', `${over} ${standing.message}`);
  if (standing.is === 'not_yet') return about(standing.ifLate, `${over} ${standing.message}`);
  return about(
    progress.fails >= failsInARow ? 'unhealthy' : 'inconclusive',
    `${over} ${standing.message} ${httpMessage(http, progress)}`,
  );
}

function lookAtContainer(
  before: Progress,
  { container }: Readings,
  question: ContainerQuestion,
  nowMs: number,
): { readonly standing: ContainerStanding; readonly progress: Progress } {
  if (!('why' in container)) {
    const step = container.replicas ? stepService : stepContainer;
    return step(before, container, question, toInstant(nowMs));
  }
  // Not seeing is no break: the same StartedAt at the next look proves that there was none.
  const message = `The container could not be looked at: ${container.why}`;
  return { standing: { is: 'unknown', ifLate: 'inconclusive', message }, progress: before };
}

/** An answer counts only while the container is known to be in its new run: before, somebody else gave it. */
function answersAfter(
  progress: Progress,
  standing: ContainerStanding,
  http: HttpReading | null,
): Pick<Progress, 'passes' | 'fails'> {
  const { passes, fails } = progress;
  if (http === null || http.is === 'waiting' || standing.is === 'unknown') return { passes, fails };
  const verdict = progress.stable_since === null ? undefined : http.health.verdict;
  return {
    passes: verdict === 'healthy' ? passes + 1 : 0,
    fails: verdict === 'unhealthy' ? fails + 1 : 0,
  };
}

function pendingMessage(standing: ContainerStanding, http: HttpReading | null, progress: Progress): string {
  return http === null ? standing.message : `${standing.message} ${httpMessage(http, progress)}`;
}

function allWell(standing: ContainerStanding, http: HttpReading | null): string {
  if (http?.is !== 'answered') return standing.message;
  return `${standing.message} ${http.health.message ?? ''}`.trim();
}

function httpMessage(http: HttpReading | null, progress: Progress): string {
  if (http === null) return '';
  if (http.is === 'waiting') return 'The target server has not answered yet.';
  const passes = `Good answers in a row: ${progress.passes} of ${passesInARow}.`;
  return `${http.health.message ?? ''} ${passes}`.trim();
}
