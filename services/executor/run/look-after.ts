/** Guarantee: nothing is called here, and a look that fails takes nothing from what is known without it. */
import type { ContainerReading } from '#libs/contracts/rpc';
import type { Details } from '#libs/contracts/scalars';
import type { ContainerInspection } from '../docker/answers.ts';
import { noContainer, readingOf } from '../docker/container-reading.ts';
import { adviceOf, DockerError } from '../docker/docker-error.ts';
import { readingOfTarget } from '../reading.ts';
import type { EngineView } from '../view.ts';
import type { Act } from './intent.ts';

export type Seen = { readonly message: string; readonly now: Details };

/** What the container was before a call that was refused, what it is now, and why. Undefined: there is nothing to be seen of it. */
export async function lookAfter(view: EngineView, intent: Act, error: unknown): Promise<Seen | undefined> {
  if (intent.on !== 'container' || !(error instanceof DockerError) || error.kind !== 'refused')
    return undefined;
  const { container_id: id, container_name: name, reading: before, target, bound } = intent.patient;
  if (!intent.prepared.calls.some(({ path }) => path[1] === id)) return undefined;
  try {
    const [inspection, { replaced_by }] = await Promise.all([
      view.engine.inspect(id),
      readingOfTarget(view, target, bound),
    ]);
    const now = inspection ? readingOf(inspection) : noContainer;
    const { cause, remedy } = explained(error, inspection);
    const message = adviceOf({ message: `${name} ${becameOf(before, now)}, because ${cause}`, remedy });
    const { status, running } = now;
    return {
      message,
      now: { status, running, exit_code: exitCodeOf(now), ...(replaced_by ? { replaced_by } : {}) },
    };
  } catch {
    return undefined;
  }
}

function becameOf(before: ContainerReading, now: ContainerReading): string {
  if (now.status === before.status) {
    const same = now.started_at === before.started_at;
    return same ? `is still ${now.status}` : `was ${now.status} and is ${now.status} again`;
  }
  const code = exitCodeOf(now);
  return `was ${before.status} and ${code === null ? `is ${now.status}` : `has exited (exit code ${code})`}`;
}

const exitCodeOf = ({ status, exit_code }: ContainerReading): number | null =>
  status === 'exited' ? exit_code : null;

/** The engine speaks of a network by its id, which nobody can look up any more once the network is gone. */
function explained(
  { message, remedy }: DockerError,
  inspection: ContainerInspection | undefined,
): { readonly cause: string; readonly remedy: string } {
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
