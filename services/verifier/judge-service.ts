import type { ContainerReading, Member, Progress, ReplicasWanted } from '#libs/contracts/rpc';
import { latestInstant } from '#libs/runtime/latest-instant';
import {
  type ContainerQuestion,
  type ContainerStanding,
  type ContainerStep,
  ill,
  looksToBeDown,
  notYet,
  oneLine,
  runsToBeCrashLooping,
  secondsBetween,
} from './judge-container.ts';

/** What is looked at of a service: all of it, or what one remediation added. */
type Group = {
  readonly wanted: number;
  readonly running: number;
  /** Is somebody about to start what does not run? */
  readonly rising: boolean;
  /** Has something ended that its restart policy is about to start again? Swarm makes new tasks instead. */
  readonly relapsed: boolean;
  readonly started_at: string | null;
  readonly health: ContainerReading['health'];
  /** Has a replica that does not count as running yet begun to? Swarm waits for its HEALTHCHECK. */
  readonly starting: boolean;
  readonly trouble: string | null;
  readonly said: string | null;
};

/** The same as for one container: as many as are wanted run, new where they must be, and without a break. */
export function stepService(
  before: Progress,
  reading: ContainerReading,
  question: ContainerQuestion,
  now: string,
): ContainerStep {
  const group = groupOf(reading, question.replicas);
  const isOld = question.startedBefore !== null && group.started_at === question.startedBefore;
  const asExpected = group.running === group.wanted && !isOld;
  const sameRun = before.started_at === group.started_at;
  const held = before.stable_since !== null && sameRun && asExpected;
  const broke = before.stable_since === null ? isNewDeath(before, group, question) : !held;
  const down = !isOld && ((group.running < group.wanted && !group.rising) || group.health === 'unhealthy');
  const progress: Progress = {
    ...before,
    started_at: group.started_at,
    stable_since: held ? before.stable_since : asExpected ? now : null,
    passes: asExpected && !broke ? before.passes : 0,
    breaks: before.breaks + (broke ? 1 : 0),
    downs: down ? before.downs + 1 : 0,
    last_end: saidBy(group) || before.last_end,
  };
  return { progress, standing: standingOf(progress, group, isOld, question, now) };
}

function standingOf(
  progress: Progress,
  group: Group,
  isOld: boolean,
  question: ContainerQuestion,
  now: string,
): ContainerStanding {
  if (group.trouble !== null) return ill(`Swarm did not bring the update to its end: ${group.trouble}.`);
  if (progress.breaks >= runsToBeCrashLooping) {
    return ill(
      `The service is crash-looping: ${progress.breaks} times something of it ended while it was watched${progress.last_end}.`,
    );
  }
  if (isOld) return notYet('unhealthy', 'The service has not been started anew yet.');
  const count = `${group.running} of ${group.wanted} replicas run`;
  if (group.running !== group.wanted) {
    const message = `The service is not as expected: ${count}${saidBy(group)}.`;
    if (progress.downs >= looksToBeDown) return ill(message);
    return notYet(group.starting ? 'inconclusive' : 'unhealthy', message);
  }
  if (group.health === 'unhealthy') {
    const message = `The service runs, but the HEALTHCHECK of one of its replicas is unhealthy.`;
    return progress.downs >= looksToBeDown ? ill(message) : notYet('unhealthy', message);
  }
  if (group.health === 'starting') {
    return notYet('inconclusive', 'The service runs, but not every HEALTHCHECK has said so yet.');
  }
  const { stability_seconds } = question.expectation;
  const stableSeconds = secondsBetween(progress.stable_since ?? now, now);
  const again = progress.breaks > 0 ? `, after a break in it (${progress.breaks} so far)` : '';
  if (stableSeconds < stability_seconds) {
    const message = `${count}, for ${Math.floor(stableSeconds)} of ${stability_seconds} s${again}.`;
    return notYet(progress.breaks > 0 ? 'unhealthy' : 'inconclusive', message);
  }
  return { is: 'well', ifLate: 'inconclusive', message: `${count}, stably${again}.` };
}

/** Something that began and ended between two looks. */
function isNewDeath(before: Progress, group: Group, { startedBefore }: ContainerQuestion): boolean {
  const { started_at } = group;
  return (
    started_at !== startedBefore &&
    before.started_at !== null &&
    started_at !== before.started_at &&
    group.relapsed
  );
}

function groupOf(reading: ContainerReading, asked: ReplicasWanted | undefined): Group {
  const { replicas } = reading;
  if (replicas?.members) return groupOfMembers(replicas.members, asked);
  return {
    wanted: asked?.running ?? replicas?.desired ?? 0,
    running: replicas?.running ?? 0,
    // Swarm starts what is missing, for as long as the service exists.
    rising: reading.exists,
    relapsed: false,
    started_at: reading.started_at,
    health: 'none',
    starting: reading.health === 'starting' && reading.health_log === null,
    trouble: replicas?.update_trouble ?? null,
    said: reading.health_log,
  };
}

function groupOfMembers(all: readonly Member[], asked: ReplicasWanted | undefined): Group {
  const madeBy = asked?.made_by ?? null;
  const members = madeBy === null ? all : all.filter((each) => each.made_by === madeBy);
  const down = members.filter((each) => !each.running);
  const ended = down.find((each) => !each.restarting) ?? down[0];
  const words = ['unhealthy', 'starting', 'healthy'] as const;
  return {
    wanted: asked?.running ?? members.length,
    running: members.filter((each) => each.running).length,
    rising: members.some((each) => each.restarting),
    relapsed: members.some((each) => each.restarting),
    started_at: latestInstant(members.map((each) => each.started_at)),
    health: words.find((word) => members.some((each) => each.health === word)) ?? 'none',
    starting: false,
    trouble: null,
    said: ended ? `${ended.container_name} ${howItEnded(ended)}` : null,
  };
}

function howItEnded({ status, exit_code }: Member): string {
  if (status === 'created') return 'was created and never started';
  return `${status === 'exited' ? 'has' : 'is'} ${status}${exit_code === null ? '' : ` with exit code ${exit_code}`}`;
}

function saidBy({ said }: Group): string {
  return said === null ? '' : ` (${oneLine(said)})`;
}
