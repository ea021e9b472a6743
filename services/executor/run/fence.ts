import type { EngineCall, EnginePort } from '#libs/actions/engine-port';
import type { CellStore } from '#libs/bus/cell-store';
import type { Cell, Lease } from '#libs/contracts/cell';
import type { Approved } from '#libs/contracts/facts';
import { targetKey } from '#libs/contracts/subjects';
import { inSpan } from '#libs/runtime/tracing';
import { DockerError } from '../docker/docker-error.ts';
import { type ExecutorContext, pause } from './running.ts';

/** Somebody else may act on the target by now. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** May be acted under? Only by its holder, under its own epoch, and not once it is closing. */
export function isHeld(lease: Lease | null | undefined, id: string, epoch: number): boolean {
  return lease?.id === id && lease.epoch === epoch && lease.state !== 'closing';
}

export interface Fence extends EnginePort {
  /** Did any call get as far as the engine? */
  readonly reached: boolean;
}

/** The engine behind the leases: every call looks at all of them first, and is not made without them. */
export function fenced(context: ExecutorContext, approved: Approved): Fence {
  let reached = false;
  return {
    get reached() {
      return reached;
    },
    call: async (call, signal) => {
      if (!(await holdsAll(context, approved))) throw new LeaseLost('the lease is lost');
      // Nothing may be awaited between the look and the call.
      try {
        const answer = await inSpan(context.bus.tracer, spanName(call), { kind: 'client' }, () =>
          context.view.engine.call(call, signal),
        );
        reached = true;
        return answer;
      } catch (error) {
        reached ||= mayHaveActed(error);
        throw error;
      }
    },
  };
}

/** `docker POST /containers/{id}/restart`: ids would make a name of every container. */
function spanName({ method, path }: EngineCall): string {
  return `docker ${method} /${path.map((part) => (/^[0-9a-f]{64}$/.test(part) ? '{id}' : part)).join('/')}`;
}

/** Leases that cannot be read are not held; they are asked for until NATS answers. */
async function holdsAll(
  context: ExecutorContext,
  { remediation_id: id, grants }: Approved,
): Promise<boolean> {
  for (;;) {
    try {
      const read = await Promise.all(grants.map((grant) => readLease(context.cells, grant)));
      return grants.every(({ epoch }, at) => isHeld(read[at], id, epoch));
    } catch (error) {
      context.bus.log.warn({ err: error }, 'the lease cannot be read; nothing is done before it is');
      await pause(context, 250);
    }
  }
}

async function readLease(
  cells: CellStore<Cell>,
  { target }: Approved['grants'][number],
): Promise<Lease | null | undefined> {
  return (await cells.read(targetKey(target))).value?.lease;
}

// No such container: the engine looked, and there was nothing to act on.
function mayHaveActed(error: unknown): boolean {
  return !(error instanceof DockerError) || (error.kind !== 'not_reached' && error.status !== 404);
}
