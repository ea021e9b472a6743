import { composeLabels, isOn, type Labels } from '../labels.ts';
import type { Kept } from './listing.ts';
import type { InspectedContainer, ListedContainer } from './readings.ts';
import { isInScope, type Scope } from './scope.ts';

/** Why nothing may be done to a container, by its id; null: it may. */
export type Protections = ReadonlyMap<string, string | null>;

const stoppedStates: readonly string[] = ['exited', 'dead', 'created'];

type Wish = { readonly scope: Scope; readonly keep: readonly string[] };

/** What the list alone leaves: stopped, in scope, and nobody's to keep. */
export function candidatesIn(
  listed: readonly ListedContainer[],
  protections: Protections,
  { scope, keep }: Wish,
): { readonly candidates: readonly ListedContainer[]; readonly kept: readonly Kept[] } {
  const stopped = listed.filter(
    ({ State, Labels }) => stoppedStates.includes(State) && isInScope(Labels, scope),
  );
  const kept: Kept[] = [];
  const candidates = stopped.filter((container) => {
    const why = reasonToKeep(container, protections, keep);
    if (why !== undefined) kept.push({ kind: 'container', name: nameOf(container), why });
    return why === undefined;
  });
  return { candidates, kept };
}

function reasonToKeep(
  container: ListedContainer,
  protections: Protections,
  keep: readonly string[],
): string | undefined {
  const protection = protections.get(container.Id);
  if (protection === undefined) return 'it came while it was looked';
  if (protection !== null) return `protected by ${protection}`;
  if (container.Labels['com.docker.swarm.task.id'] !== undefined) return 'Swarm looks after its own tasks';
  return keep.some((ref) => isCalled(container, ref)) ? 'it was asked to stay' : undefined;
}

function isCalled(container: ListedContainer, ref: string): boolean {
  if (nameOf(container) === ref || container.Labels[composeLabels.service] === ref) return true;
  return /^[0-9a-f]{12,64}$/.test(ref) && container.Id.startsWith(ref);
}

/** Why a candidate stays after all, now that it and all others were looked at; `now` of the engine, in ms. */
export function afterInspection(
  candidate: InspectedContainer,
  all: readonly InspectedContainer[],
  minAgeMs: number,
  now: number,
): string | undefined {
  const { Status, Running, Paused, Restarting } = candidate.State;
  if (!stoppedStates.includes(Status) || Running || Paused || Restarting) return `it is ${Status} by now`;
  const dependent = all.find((other) => other.Id !== candidate.Id && dependsOn(other, candidate));
  if (dependent) return `${dependent.Name.slice(1)} depends on it`;
  return now - endedAt(candidate) < minAgeMs ? 'it ended too short a time ago' : undefined;
}

/** In ms since the epoch; of one that never ran, when it was made: Docker has the year 1 for its end. */
export function endedAt({ State, Created }: InspectedContainer): number {
  const ended = Date.parse(State.FinishedAt);
  return ended > 0 ? ended : Date.parse(Created);
}

/**
 * Of what has stopped, the containers that one which stays names in Compose's `depends_on`, directly or by way of another: Compose
 * neither starts nor takes down a project that lacks them.
 */
export function whatIsDependedOn(
  stopped: readonly ListedContainer[],
  chosen: readonly ListedContainer[],
  listed: readonly ListedContainer[],
): readonly { readonly container: ListedContainer; readonly kept: Kept }[] {
  const going = new Set(chosen);
  const found: { container: ListedContainer; kept: Kept }[] = [];
  for (let before = -1; before !== found.length; ) {
    before = found.length;
    for (const container of stopped) {
      const dependent = listed.find((other) => !going.has(other) && needs(other, container));
      if (!dependent || found.some((each) => each.container === container)) continue;
      going.delete(container);
      const why = `${nameOf(dependent)} depends on it (depends_on of Docker Compose)`;
      found.push({ container, kept: { kind: 'container', name: nameOf(container), why } });
    }
  }
  return found;
}

function needs({ Labels }: ListedContainer, { Labels: its }: ListedContainer): boolean {
  // `service:condition:restart`, separated by commas.
  const services = Labels[composeLabels.dependsOn]?.split(',').map((each) => each.split(':')[0]?.trim());
  return (
    Labels[composeLabels.project] === its[composeLabels.project] &&
    its[composeLabels.oneOff]?.toLowerCase() !== 'true' &&
    services?.includes(its[composeLabels.service]) === true
  );
}

function dependsOn({ HostConfig }: InspectedContainer, { Id, Name }: InspectedContainer): boolean {
  const { NetworkMode, IpcMode, PidMode, VolumesFrom, Links } = HostConfig;
  const shared = [NetworkMode, IpcMode, PidMode].flatMap((mode) =>
    mode?.startsWith('container:') ? [mode.slice('container:'.length)] : [],
  );
  const volumes = VolumesFrom.map((each) => each.split(':')[0]);
  const linked = Links.map((each) => each.split(':')[0]?.replace(/^\//, ''));
  const refs = [...shared, ...volumes, ...linked];
  return refs.some((ref) => ref === Id || ref === Name.slice(1) || isShortId(ref, Id));
}

const isShortId = (ref: string | undefined, id: string): boolean =>
  ref !== undefined && /^[0-9a-f]{12,63}$/.test(ref) && id.startsWith(ref);

export function nameOf({ Names, Id }: Pick<ListedContainer, 'Names' | 'Id'>): string {
  return Names.find((each) => /^\/[^/]+$/.test(each))?.slice(1) ?? Id.slice(0, 12);
}

/** Does the label say that it shall stay? */
export function isProtected(labels: Labels): boolean {
  return isOn(labels['hemostat.protect']) || isOn(labels['hemostat.mesh']);
}
