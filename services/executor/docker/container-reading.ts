import { healthcheckOf } from '#libs/actions/health-config';
import type { ContainerReading } from '#libs/contracts/rpc';
import type { ContainerInspection } from './answers.ts';

const longestHealthLog = 500;
const stopTimeoutLabel = 'hemostat.stop-timeout';

/** The engine's word on a container, in the mesh's form. */
export function readingOf(inspection: ContainerInspection): ContainerReading {
  const { Id, State, HostConfig } = inspection;
  const healthcheck = healthcheckOf(inspection.Config.Healthcheck);
  const started_at = instantOrNull(State.StartedAt);
  // Docker has 0 there while a container runs, and before it ever did.
  const ended = started_at !== null && (!State.Running || State.Restarting);
  return {
    exists: true,
    container_id: Id,
    status: State.Status,
    running: State.Running,
    paused: State.Paused,
    restarting: State.Restarting,
    started_at,
    finished_at: instantOrNull(State.FinishedAt),
    // Of a start that failed Docker writes a code that no run ended with.
    exit_code: ended && !State.Error ? State.ExitCode : null,
    oom_killed: State.OOMKilled,
    health: healthOf(State.Health?.Status),
    health_log: State.Health?.Log?.at(-1)?.Output?.trim().slice(0, longestHealthLog) ?? null,
    ...(healthcheck ? { healthcheck } : {}),
    ending: {
      restart_policy: HostConfig?.RestartPolicy?.Name || 'no',
      stop_signal: inspection.Config.StopSignal || null,
      removed: HostConfig?.AutoRemove === true,
    },
    ...(HostConfig ? { resources: resourcesOf(HostConfig) } : {}),
  };
}

function resourcesOf(
  host: NonNullable<ContainerInspection['HostConfig']>,
): NonNullable<ContainerReading['resources']> {
  return {
    memory_bytes: limitOrNull(host.Memory),
    memory_swap_bytes: limitOrNull(host.MemorySwap),
    cpus: limitOrNull(host.NanoCpus && host.NanoCpus / 1e9),
    cpu_shares: limitOrNull(host.CpuShares),
    pids_limit: limitOrNull(host.PidsLimit),
  };
}

// Docker writes nothing, 0 or -1 where there is no limit.
function limitOrNull(value: number | null | undefined): number | null {
  return value !== undefined && value !== null && value > 0 ? value : null;
}

export const noContainer: ContainerReading = {
  exists: false,
  container_id: null,
  status: 'gone',
  running: false,
  paused: false,
  restarting: false,
  started_at: null,
  finished_at: null,
  exit_code: null,
  oom_killed: false,
  health: 'none',
  health_log: null,
};

/** Seconds that the container wants for stopping: by its label, else by its own StopTimeout; null: it states none. */
export function stopTimeoutOf({ Config }: ContainerInspection): number | null {
  const label = Config.Labels[stopTimeoutLabel];
  if (label !== undefined && /^\d{1,6}$/.test(label)) return Number(label);
  return Config.StopTimeout ?? null;
}

// Docker writes the year 1 for what has not happened.
function instantOrNull(text: string): string | null {
  return text === '' || text.startsWith('0001-') ? null : text;
}

function healthOf(status: string | undefined): ContainerReading['health'] {
  return status === 'starting' || status === 'healthy' || status === 'unhealthy' ? status : 'none';
}
