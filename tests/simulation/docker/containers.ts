import { hash } from 'node:crypto';
import { composeLabels, type Labels } from '#libs/actions/labels';
import type { Target } from '#libs/contracts/target';
import { toInstant } from '#libs/runtime/instant';
import type { ContainerInspection, ContainerSummary } from '../../../services/executor/docker/answers.ts';
import { engineName } from '../nats/server.ts';

/** What people know: a name, and what a container has to be to stand for it. */
export type Place = { readonly name: string; readonly labels: Labels; readonly target: Target };

/** A container, changed by nothing but the engine. */
export type Container = {
  readonly id: string;
  readonly labels: Labels;
  /** What its image says, which it inherited. */
  readonly ofImage: Labels;
  /** Does it get well when it is started anew, and can that be told? */
  readonly patient: 'curable' | 'incurable' | 'unclear';
  readonly createdAt: number;
  /** Null: it was removed. */
  name: string | null;
  /** When that became so. */
  namedAt: number;
  running: boolean;
  startedAt: string;
  finishedAt: string;
};

const never = '0001-01-01T00:00:00Z';
const image = 'patient:1';
const plain: Labels = {};

/** The first one is a service of Compose, the others are containers made by hand. */
export function placeNamed(name: string, index: number): Place {
  if (index > 0) return { name, labels: plain, target: { engine: engineName, kind: 'container', name } };
  const { project, service, number } = composeLabels;
  const labels = { [project]: 'shop', [service]: name, [number]: '1' };
  const target: Target = { engine: engineName, kind: 'compose', name: `shop/${name}/1` };
  return { name: `shop-${name}-1`, labels, target };
}

export function containerAt(
  { name, labels }: Pick<Place, 'name' | 'labels'>,
  patient: Container['patient'],
  now: number,
  ofImage: Labels = plain,
): Container {
  const id = hash('sha256', `${name} ${now}`, 'hex');
  const since = { createdAt: now, namedAt: now, running: true, startedAt: toInstant(now) };
  return { id, name, labels, ofImage, patient, ...since, finishedAt: never };
}

const statusOf = ({ running }: Container): string => (running ? 'running' : 'exited');

export function summaryOf(container: Container): ContainerSummary {
  const { id, name, labels, createdAt } = container;
  return {
    Id: id,
    Names: [`/${name}`],
    Image: image,
    ImageID: id,
    State: statusOf(container),
    Created: Math.floor(createdAt / 1_000),
    Labels: labels,
    HostConfig: undefined,
  };
}

export function inspectionOf(container: Container): ContainerInspection {
  const { id, name, labels, running, startedAt, finishedAt } = container;
  return {
    Id: id,
    Name: `/${name}`,
    State: {
      Status: statusOf(container),
      Running: running,
      Paused: false,
      Restarting: false,
      OOMKilled: false,
      ExitCode: running ? 0 : 137,
      StartedAt: startedAt,
      FinishedAt: finishedAt,
    },
    Config: { Labels: labels, StopTimeout: null, StopSignal: null },
    HostConfig: null,
  };
}
