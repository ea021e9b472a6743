/** Guarantee: nothing is called here, and a look that fails takes nothing from what is known without it. */
import { type ContainerReading, isRemoved } from '#libs/contracts/rpc';
import type { Details } from '#libs/contracts/scalars';
import type { ContainerInspection } from '../docker/answers.ts';
import { noContainer, readingOf } from '../docker/container-reading.ts';
import { adviceOf, DockerError } from '../docker/docker-error.ts';
import type { KnownContainer } from '../inventory/identity.ts';
import { readingOfTarget } from '../reading.ts';
import type { Act } from './intent.ts';
import type { ExecutorContext } from './running.ts';

export type Seen = {
  readonly message: string;
  readonly now: Details;
  /** Somebody removed it in the middle of the call. */
  readonly gone?: { readonly code: 'replaced' | 'container_not_found' };
};

const lookEveryMs = 250;
/** Whoever removes a container may be about to make another of its name. */
const successorWithinMs = 5_000;

/** What the container was before a call that was refused, what it is now, and why. Undefined: there is nothing to be seen of it. */
export async function lookAfter(
  context: ExecutorContext,
  intent: Act,
  error: unknown,
): Promise<Seen | undefined> {
  if (intent.on !== 'container' || !(error instanceof DockerError) || error.kind !== 'refused')
    return undefined;
  const { container_id: id, container_name: name, reading: before } = intent.patient;
  if (!intent.prepared.calls.some(({ path }) => path[1] === id)) return undefined;
  try {
    const inspection = await context.view.engine.inspect(id);
    const now = inspection ? readingOf(inspection) : noContainer;
    const seen = { status: now.status, running: now.running, exit_code: exitCodeOf(now) };
    if (isRemoved(now) && before.ending?.removed !== true) return await afterRemoval(context, intent, seen);
    const others = (await context.view.inventory.current()).all.filter((each) => each.id !== id);
    const { cause, remedy } = explained(error, id, inspection, others);
    const message = adviceOf({ message: `${name} ${becameOf(before, now)}, because ${cause}`, remedy });
    return { message, now: seen };
  } catch {
    return undefined;
  }
}

async function afterRemoval(
  { view, bus: { clock }, stopping }: ExecutorContext,
  { action, patient: { container_name: name, target, bound } }: Extract<Act, { on: 'container' }>,
  now: Details,
): Promise<Seen> {
  const removed = `Somebody removed ${name} in the middle of its ${action.name}`;
  for (const until = clock.now() + successorWithinMs; ; await clock.sleep(lookEveryMs, stopping)) {
    const { replaced_by } = await readingOfTarget(view, target, bound);
    if (replaced_by) {
      const { container_name, container_id, status } = replaced_by;
      const message = `${removed}. ${container_name} (${container_id.slice(0, 12)}, ${status}) has the name now, and nothing was done to it`;
      return { message, now: { ...now, replaced_by }, gone: { code: 'replaced' } };
    }
    if (clock.now() >= until || stopping.aborted) {
      return { message: removed, now, gone: { code: 'container_not_found' } };
    }
  }
}

function becameOf(before: ContainerReading, now: ContainerReading): string {
  if (now.status === before.status) {
    const same = now.started_at === before.started_at;
    return same ? `is still ${now.status}` : `was ${now.status} and is ${now.status} again`;
  }
  const code = exitCodeOf(now);
  const is = now.status === 'exited' ? 'has' : 'is';
  return `was ${before.status} and ${is} ${now.status}${code === null ? '' : ` (exit code ${code})`}`;
}

const exitCodeOf = ({ status, exit_code }: ContainerReading): number | null =>
  status === 'exited' ? exit_code : null;

/** The engine speaks of a network by its id, which nobody can look up any more once the network is gone. */
function explained(
  { message, remedy }: DockerError,
  id: string,
  inspection: ContainerInspection | undefined,
  others: readonly KnownContainer[],
): { readonly cause: string; readonly remedy: string } {
  const [, trouble, owner = ''] = /(non running|No such) container: ([0-9a-f]{12,64})/.exec(message) ?? [];
  if (owner !== '' && !id.startsWith(owner)) {
    const known = others.find((each) => each.id.startsWith(owner))?.name;
    const name = known ?? `the container ${owner.slice(0, 12)}`;
    // What was listed may be a moment old; that there is no such container is the engine's word.
    return trouble === 'No such'
      ? {
          cause: `the container ${owner.slice(0, 12)}, whose network it shares, is gone`,
          remedy: 'create it anew, e.g. with docker compose up -d --force-recreate',
        }
      : { cause: `${name}, whose network it shares, does not run`, remedy: `start ${name} first` };
  }
  const networks = Object.entries(inspection?.NetworkSettings?.Networks ?? {});
  const words = `${message.charAt(0).toLowerCase()}${message.slice(1)}`;
  const missing = networks.find(([, network]) => words.includes(`network ${network?.NetworkID} not found`));
  const shorter = words.replace(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, '$1');
  if (!missing) return { cause: shorter, remedy };
  const [name, network] = missing;
  return {
    cause: shorter.replace(
      /network \w+ not found/,
      `network ${name} (${network?.NetworkID.slice(0, 12)}) is missing`,
    ),
    remedy:
      'the container holds on to the id of that network: create both anew, e.g. with docker compose up -d --force-recreate',
  };
}
