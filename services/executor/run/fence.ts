import type { EndpointPort } from '#libs/actions/endpoint-port';
import { type EngineCall, type EnginePort, type EngineReader, fullId } from '#libs/actions/engine-port';
import { type CellStore, isUnreadable } from '#libs/bus/cell-store';
import type { Cell, Lease } from '#libs/contracts/cell';
import { toDecisionHeader } from '#libs/contracts/decision-header';
import type { Approved } from '#libs/contracts/facts';
import { targetKey } from '#libs/contracts/subjects';
import { failpoint } from '#libs/runtime/failpoint';
import { inSpan } from '#libs/runtime/tracing';
import { DockerError, notLetThrough, saysMissing } from '../docker/docker-error.ts';
import { EndpointError } from '../endpoint/endpoint-error.ts';
import { type ExecutorContext, pause } from './running.ts';

/** Somebody else may act on the target by now. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** May be acted under? Only by its holder, under its own epoch, and not once it is closing. */
export function isHeld(lease: Lease | null | undefined, id: string, epoch: number): boolean {
  return lease?.id === id && lease.epoch === epoch && lease.state !== 'closing';
}

export interface Fence {
  /** Did any call get as far as the engine or the endpoint? */
  readonly reached: boolean;
  readonly engine: EnginePort;
  readonly reader: EngineReader;
  readonly endpoint: EndpointPort;
}

/**
 * The outside world behind the leases: every call that may change it looks at all of them first, and is not made without
 * them. Each call to the engine carries the decision that it is made under.
 */
export function fenced(context: ExecutorContext, approved: Approved): Fence {
  let reached = false;
  const { view, endpoints, bus } = context;
  const decision = toDecisionHeader(approved);
  const guarded = async <T>(name: string, call: () => Promise<T>, asked?: EngineCall): Promise<T> => {
    if (!(await holdsAll(context, approved))) throw new LeaseLost('the lease is lost');
    // Nothing may be awaited between the look and the call.
    failpoint('call-before');
    try {
      const answer = await inSpan(bus.tracer, name, { kind: 'client' }, call);
      failpoint('call-answered');
      reached = true;
      return answer;
    } catch (error) {
      reached ||= mayHaveActed(error, asked);
      throw error;
    }
  };
  return {
    get reached() {
      return reached;
    },
    engine: {
      call: (call, signal) => guarded(spanName(call), () => view.engine.call(call, signal, decision), call),
      exec: (order, signal) =>
        guarded(spanName(order.create), () => view.engine.exec(order, signal, decision)),
    },
    reader: view.engine,
    endpoint: {
      call: (call, signal) =>
        call.method === 'GET'
          ? endpoints.call(call, signal)
          : guarded(`${call.method} ${call.endpoint}`, () => endpoints.call(call, signal)),
      pause: endpoints.pause,
    },
  };
}

/** `docker POST /containers/{id}/restart`: ids would make a name of every container. */
function spanName({ method, path }: EngineCall): string {
  return `docker ${method} /${path.map((part) => (fullId.test(part) ? '{id}' : part)).join('/')}`;
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
      // No waiting makes it readable, and nobody can say that it is held.
      if (isUnreadable(error)) return false;
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

// What a guard or a proxy refuses it passes to nobody.
function mayHaveActed(error: unknown, asked: EngineCall | undefined): boolean {
  if (error instanceof EndpointError) return error.kind !== 'not_reached';
  if (!(error instanceof DockerError)) return true;
  const { kind, code } = error;
  return (
    kind !== 'not_reached' &&
    code !== 'guard_refused' &&
    code !== notLetThrough &&
    !foundNothing(error, asked)
  );
}

/** A restart stops the container, and only then misses its network: of a container only its own 404 says that nothing was done. */
function foundNothing(error: DockerError, asked: EngineCall | undefined): boolean {
  const [kind, id = ''] = asked?.path ?? [];
  return error.status === 404 && (kind !== 'containers' || !fullId.test(id) || saysMissing(error, id));
}
