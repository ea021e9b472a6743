import { z } from 'zod';
import { healthcheckOf } from '#libs/actions/health-config';
import { listOf } from '#libs/actions/list-of';
import { forceUpdateOf, readService, replicasOf, type SwarmService } from '#libs/actions/swarm/service';
import type { ReplacedBy } from '#libs/contracts/bound';
import { type Healthcheck, startSeconds } from '#libs/contracts/healthcheck';
import type { ContainerReading, Member } from '#libs/contracts/rpc';
import { latestInstant } from '#libs/runtime/latest-instant';
import type { ContainerInspection } from './answers.ts';
import { noContainer, readingOf } from './container-reading.ts';
import type { DockerEngine } from './docker-engine.ts';

const tasksSchema = listOf(
  z.object({
    DesiredState: z.string(),
    Status: z.object({
      State: z.string(),
      Timestamp: z.string().nullish(),
      Err: z.string().nullish(),
      ContainerStatus: z.object({ ContainerID: z.string().nullish() }).nullish(),
    }),
    Spec: z.object({ ForceUpdate: z.int().nullish() }),
  }),
);
type Tasks = z.output<typeof tasksSchema>;

const gaveUp = ['paused', 'rollback_started', 'rollback_paused', 'rollback_completed'];
const longestError = 300;

/**
 * The Swarm's word on a service, by its id where that is given; undefined where the Swarm cannot be asked. Throws a
 * `DockerError`.
 */
export async function readSwarmService(
  engine: DockerEngine,
  name: string,
  id?: string,
): Promise<ContainerReading | undefined> {
  const look = await readService(engine, name);
  if (look.is === 'no_manager') return undefined;
  if (look.is === 'none') return noContainer;
  const { service } = look;
  const filters = JSON.stringify({ service: [service.ID] });
  const tasks = tasksSchema.parse((await engine.read(['tasks'], { filters })) ?? []);
  const reading = swarmReading(service, tasks, await healthcheckIn(engine, service, tasks));
  return id === undefined || id === service.ID
    ? reading
    : { ...noContainer, replaced_by: replacedBy(reading, service.ID, name) };
}

/** What has the name now, as it is. */
export function replacedBy(
  { status, running, health }: ContainerReading,
  container_id: string,
  container_name: string,
): ReplacedBy {
  return { container_id, container_name, status, running, health };
}

/** A container of this engine has what its image states, too, which the service does not. */
async function healthcheckIn(
  engine: DockerEngine,
  { Spec }: SwarmService,
  tasks: Tasks,
): Promise<Healthcheck | undefined> {
  const id = wantedOf(tasks).findLast(({ Status }) => Status.ContainerStatus?.ContainerID)?.Status
    .ContainerStatus?.ContainerID;
  const inspection = id ? await engine.inspect(id) : undefined;
  return healthcheckOf(
    inspection ? inspection.Config.Healthcheck : Spec.TaskTemplate.ContainerSpec?.Healthcheck,
  );
}

function wantedOf(tasks: Tasks): Tasks {
  return tasks.filter(({ DesiredState }) => DesiredState === 'running');
}

/** A service as one patient: its tasks of the newest kind, all together. */
export function swarmReading(
  service: SwarmService,
  tasks: Tasks,
  healthcheck?: Healthcheck,
): ContainerReading {
  const wanted = wantedOf(tasks);
  const up = wanted.filter(
    ({ Status, Spec }) => Status.State === 'running' && (Spec.ForceUpdate ?? 0) === forceUpdateOf(service),
  );
  const desired = replicasOf(service) ?? wanted.length;
  const errors = tasks.flatMap(({ Status }) => (Status.Err ? [Status.Err] : []));
  return {
    ...noContainer,
    exists: true,
    status: `${up.length} of ${desired} running`,
    running: up.length === desired && desired > 0,
    // Swarm starts what is missing by itself.
    restarting: up.length < desired,
    started_at: latestInstant(up.map(({ Status }) => Status.Timestamp ?? null)),
    ...(healthcheck && wanted.some(({ Status }) => Status.State === 'starting')
      ? { health: 'starting' }
      : {}),
    ...(healthcheck ? { healthcheck } : {}),
    health_log: up.length < desired ? (errors.at(-1)?.slice(0, longestError) ?? null) : null,
    replicas: {
      desired,
      running: up.length,
      version: service.Version.Index,
      force_update: forceUpdateOf(service),
      update_trouble: troubleOf(service),
    },
  };
}

function troubleOf({ UpdateStatus }: SwarmService): string | null {
  const state = UpdateStatus?.State ?? '';
  if (!gaveUp.includes(state)) return null;
  return `${state}: ${UpdateStatus?.Message ?? 'no reason given'}`.slice(0, longestError);
}

/** The containers of a Compose service as one patient. */
export function composeReading(inspections: readonly ContainerInspection[]): ContainerReading {
  if (inspections.length === 0) return noContainer;
  const members = inspections.map(memberOf);
  const [healthcheck] = inspections
    .flatMap(({ Config }) => healthcheckOf(Config.Healthcheck) ?? [])
    .toSorted((a, b) => startSeconds(b) - startSeconds(a));
  const running = members.filter((each) => each.running).length;
  return {
    ...noContainer,
    exists: true,
    status: `${running} of ${members.length} running`,
    running: running === members.length,
    restarting: members.some((each) => each.restarting),
    started_at: latestInstant(members.map((each) => each.started_at)),
    ...(members.some((each) => each.health === 'starting') ? { health: 'starting' } : {}),
    ...(healthcheck ? { healthcheck } : {}),
    replicas: { desired: members.length, running, members },
  };
}

function memberOf(inspection: ContainerInspection): Member {
  const { status, running, paused, restarting, started_at, exit_code, health } = readingOf(inspection);
  return {
    container_id: inspection.Id,
    container_name: inspection.Name.slice(1),
    status,
    running: running && !paused && !restarting,
    restarting,
    started_at,
    exit_code,
    health,
    made_by: inspection.Config.Labels['hemostat.remediation'] ?? null,
  };
}
