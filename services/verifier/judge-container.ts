import type { ReplacedBy } from '#libs/contracts/bound';
import type { Expectation } from '#libs/contracts/plan';
import { type ContainerReading, isRemoved, type Progress, type ReplicasWanted } from '#libs/contracts/rpc';

/**
 * How the container stands against what is expected of it. `well`: as expected, and stably so. `not_yet`: it may
 * become so; `ifLate` is what it means when time is up. `ill`: certainly not, waiting changes nothing.
 */
export type ContainerStanding = {
  readonly is: 'well' | 'not_yet' | 'ill' | 'unknown';
  readonly ifLate: 'unhealthy' | 'inconclusive';
  readonly message: string;
};
export type ContainerStep = { readonly standing: ContainerStanding; readonly progress: Progress };

/** A state that cannot last (between stop and start) looks like a death for a moment: one more look tells. */
export const looksToBeDown = 2;
/** Whoever removes a container may be about to make another of its name, which takes some seconds. */
export const looksToBeGone = 10;
export const runsToBeCrashLooping = 3;

export type ContainerQuestion = {
  readonly expectation: Expectation;
  /** Docker's StartedAt before the step; null when the step need not have started anything. */
  readonly startedBefore: string | null;
  /** How many of a service must run; undefined: as many as it wants by itself. */
  readonly replicas?: ReplicasWanted | undefined;
};

export function stepContainer(
  before: Progress,
  reading: ContainerReading,
  question: ContainerQuestion,
  now: string,
): ContainerStep {
  const { state } = question.expectation;
  const asExpected = isIn(state, reading) && !isOldRun(state, reading, question);
  const sameRun = before.started_at === reading.started_at;
  const held = before.stable_since !== null && sameRun && asExpected;
  const broke = before.stable_since === null ? isNewDeath(before, reading, question) : !held;
  const down = state !== 'exited' && isDown(state, reading) && !isOldRun('running', reading, question);
  const progress: Progress = {
    ...before,
    started_at: reading.started_at,
    stable_since: held ? before.stable_since : asExpected ? now : null,
    passes: asExpected && !broke ? before.passes : 0,
    breaks: before.breaks + (broke ? 1 : 0),
    downs: down ? before.downs + 1 : 0,
    last_end: (!isOldRun(state, reading, question) && endOf(reading)) || before.last_end,
  };
  return { progress, standing: standingOf(progress, reading, question, now) };
}

function standingOf(
  progress: Progress,
  reading: ContainerReading,
  question: ContainerQuestion,
  now: string,
): ContainerStanding {
  const { state, stability_seconds } = question.expectation;
  if (progress.breaks >= runsToBeCrashLooping) {
    return ill(
      state === 'running'
        ? `The container is crash-looping: it ended ${progress.breaks} times while it was watched${progress.last_end}.`
        : `The container does not stay ${state}: ${progress.breaks} times it did not while it was watched.`,
    );
  }
  if (isOldRun(state, reading, question)) {
    return notYet('unhealthy', `The container has not been started anew: it ${whatItDoes(reading)}.`);
  }
  if (!isIn(state, reading) || isSick(state, reading)) {
    const message = `The container ${whatItDoes(reading)}, expected: ${state}.`;
    const looks = isRemoved(reading) ? looksToBeGone : looksToBeDown;
    return progress.downs >= looks ? ill(message) : notYet('unhealthy', message);
  }
  if (state === 'running' && reading.health === 'starting') {
    return notYet(
      'inconclusive',
      'The container runs, but its HEALTHCHECK has not said yet that it is healthy.',
    );
  }
  const stableSeconds = secondsBetween(progress.stable_since ?? now, now);
  const again =
    progress.breaks > 0 ? `, after a break in it (${progress.breaks} so far${progress.last_end})` : '';
  const message = `The container has been ${state} for ${Math.floor(stableSeconds)} of ${stability_seconds} s${again}.`;
  if (stableSeconds < stability_seconds)
    return notYet(progress.breaks > 0 ? 'unhealthy' : 'inconclusive', message);
  const healthy =
    reading.health === 'healthy' && state === 'running' ? ' and its HEALTHCHECK is healthy' : '';
  return {
    is: 'well',
    ifLate: 'inconclusive',
    message: `The container is stably ${state}${healthy}${again}.`,
  };
}

export const ill = (message: string): ContainerStanding => ({ is: 'ill', ifLate: 'unhealthy', message });
export const notYet = (ifLate: ContainerStanding['ifLate'], message: string): ContainerStanding => ({
  is: 'not_yet',
  ifLate,
  message,
});

function isIn(state: Expectation['state'], reading: ContainerReading): boolean {
  const up = reading.exists && reading.running && !reading.restarting;
  if (state === 'running') return up && !reading.paused;
  if (state === 'paused') return up && reading.paused;
  return !reading.running && !reading.restarting;
}

/** Neither up nor on its way up. A paused container is no death: somebody stopped it on purpose. */
function isDown(state: Expectation['state'], reading: ContainerReading): boolean {
  return !reading.exists || (!reading.running && !reading.restarting) || isSick(state, reading);
}

function isSick(state: Expectation['state'], reading: ContainerReading): boolean {
  return state === 'running' && reading.health === 'unhealthy';
}

/** Docker shows the run from before the step until the new one begins. */
function isOldRun(
  state: Expectation['state'],
  reading: ContainerReading,
  { startedBefore }: ContainerQuestion,
): boolean {
  return (
    state === 'running' && reading.exists && startedBefore !== null && reading.started_at === startedBefore
  );
}

/** A run that began and ended between two looks: Docker is about to start it again. */
function isNewDeath(before: Progress, reading: ContainerReading, question: ContainerQuestion): boolean {
  return (
    question.expectation.state === 'running' &&
    reading.restarting &&
    reading.started_at !== before.started_at &&
    reading.started_at !== question.startedBefore
  );
}

function whatItDoes(reading: ContainerReading): string {
  if (!reading.exists) return 'is gone';
  if (reading.paused) return 'is paused';
  if (reading.restarting) return `keeps ending and being started again${endOf(reading)}`;
  if (reading.status === 'created') return 'was created and never started';
  if (!reading.running) {
    return `${reading.status === 'exited' ? 'has' : 'is'} ${reading.status}${endOf(reading)}`;
  }
  const said = reading.health_log ? ` (${oneLine(reading.health_log)})` : '';
  if (reading.health === 'unhealthy') return `runs, but its HEALTHCHECK is unhealthy${said}`;
  return `has run since ${reading.started_at ?? 'an unknown time'}`;
}

function endOf(reading: ContainerReading): string {
  if (reading.exit_code === null) return '';
  const code = ` with exit code ${reading.exit_code}`;
  return reading.oom_killed ? `${code}, killed for want of memory` : code;
}

/** Who has the name, and what became of the one that was acted on. */
export function replacedMessage(reading: ContainerReading, now: ReplacedBy): string {
  const id = now.container_id.slice(0, 12);
  const health = now.health === 'none' ? '' : `, its HEALTHCHECK ${now.health}`;
  const before = reading.exists ? `has another name and ${whatItDoes(reading)}` : 'is gone';
  return `${now.container_name} is another one by now (${id}, ${now.status}${health}). The one that was acted on ${before}.`;
}

export function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

export function secondsBetween(from: string, until: string): number {
  return Math.max(0, (Date.parse(until) - Date.parse(from)) / 1_000);
}
