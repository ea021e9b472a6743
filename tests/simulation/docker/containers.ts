import { hash } from 'node:crypto';
import type { ContainerInspection, ContainerSummary } from '../../../services/executor/docker/answers.ts';

/** A container, changed by nothing but the engine. */
export type Container = {
  readonly id: string;
  readonly name: string;
  /** Does it get well when it is started anew, and can that be told? */
  readonly patient: 'curable' | 'incurable' | 'unclear';
  running: boolean;
  startedAt: string;
  finishedAt: string;
};

const never = '0001-01-01T00:00:00Z';
const image = 'patient:1';

export function containerNamed(name: string, patient: Container['patient'], startedAt: string): Container {
  return { id: hash('sha256', name, 'hex'), name, patient, running: true, startedAt, finishedAt: never };
}

const statusOf = ({ running }: Container): string => (running ? 'running' : 'exited');

export function summaryOf(container: Container): ContainerSummary {
  const { id, name } = container;
  return {
    Id: id,
    Names: [`/${name}`],
    Image: image,
    State: statusOf(container),
    Created: 0,
    Labels: {},
    HostConfig: undefined,
  };
}

export function inspectionOf(container: Container): ContainerInspection {
  const { id, name, running, startedAt, finishedAt } = container;
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
    Config: { Labels: {}, StopTimeout: null, StopSignal: null },
    HostConfig: null,
  };
}
