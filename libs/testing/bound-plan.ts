import type Docker from 'dockerode';
import type { Bound } from '#libs/contracts/bound';
import type { Plan, Step } from '#libs/contracts/plan';
import type { Target } from '#libs/contracts/target';
import { testEngine } from './docker-engine.ts';

const nobody = 'f'.repeat(64);
const kinds: readonly string[] = ['container', 'compose', 'swarm'];

/** The plan with what its targets are on the engine right now, as the gateway would have bound it. */
export async function boundPlan(plan: Plan, docker: Docker = testEngine().docker): Promise<Plan> {
  const steps = await Promise.all(
    plan.steps.map(async (step) =>
      step.bound || !kinds.includes(step.target.kind)
        ? step
        : { ...step, bound: going(step, await boundTo(docker, step.target)) },
    ),
  );
  return { ...plan, steps };
}

/** Of a Compose service that is scaled down those go that have the highest numbers. */
export function going(
  { action, target, params }: Pick<Step, 'action' | 'target' | 'params'>,
  bound: Bound,
): Bound {
  if (action !== 'scale_down' || target.kind === 'swarm') return bound;
  const staying = typeof params.replicas === 'number' ? params.replicas : bound.containers.length - 1;
  return { containers: bound.containers.slice(Math.max(1, staying)) };
}

export async function boundTo(docker: Docker, { kind, name }: Target): Promise<Bound> {
  const all = await docker.listContainers({ all: true });
  const is = {
    container: ({ Names }: Docker.ContainerInfo) => Names.includes(`/${name}`),
    compose: ({ Labels }: Docker.ContainerInfo) => {
      const parts = ['project', 'service', 'container-number'].map(
        (key) => Labels[`com.docker.compose.${key}`],
      );
      return `${parts.join('/')}/`.startsWith(`${name}/`);
    },
    swarm: ({ Labels }: Docker.ContainerInfo) => Labels['com.docker.swarm.service.name'] === name,
  }[kind as 'container'];
  const number = ({ Labels }: Docker.ContainerInfo) => Number(Labels['com.docker.compose.container-number']);
  const ids = all
    .filter(is)
    .sort((a, b) => number(a) - number(b))
    .map(({ Id }) => Id);
  const containers = ids.length > 0 ? ids : [nobody];
  if (kind !== 'swarm') return { containers };
  const service = await docker.getService(name).inspect();
  return { containers, service: { id: service.ID, version: service.Version.Index } };
}
