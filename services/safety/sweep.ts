/**
 * Guarantee: no lease outlives its deadline for ever, whatever died. Any replica may sweep any lease at any time;
 * the cell itself says how far closing has come.
 */
import type { Bus } from '#libs/bus/bus';
import { contextOfFact } from '#libs/bus/fact-context';
import type { Cell } from '#libs/contracts/cell';
import { requestedSubject } from '#libs/contracts/subjects';
import { targetId } from '#libs/contracts/target';
import { fromInstant } from '#libs/runtime/instant';
import { inSpan, withRemediation } from '#libs/runtime/tracing';
import type { Ending } from './ending.ts';
import type { SafetyState } from './state.ts';

const everyMs = 500;

/** Looks after leases until disposed. The watched cells only say where to look; what is done is decided on fresh reads. */
export function startSweep(bus: Bus, state: SafetyState, ending: Ending): AsyncDisposable {
  const stopping = new AbortController();
  const leases = new Map<string, Due>();
  const watching = state.watchCells((cell) => note(leases, cell), stopping.signal);
  const sweeping = (async () => {
    while (!stopping.signal.aborted && !bus.nc.isClosed()) {
      await sweepOnce(bus, leases, ending);
      await bus.clock.sleep(everyMs, stopping.signal);
    }
  })();
  return {
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await Promise.allSettled([watching, sweeping]);
    },
  };
}

type Due = { readonly id: string; readonly dueMs: number };

function note(leases: Map<string, Due>, cell: Cell): void {
  const key = targetId(cell.target);
  const lease = cell.lease;
  if (!lease) leases.delete(key);
  else
    leases.set(key, { id: lease.id, dueMs: lease.state === 'closing' ? 0 : fromInstant(lease.deadline_at) });
}

async function sweepOnce(bus: Bus, leases: Map<string, Due>, ending: Ending): Promise<void> {
  const now = bus.clock.now();
  for (const [key, due] of leases) {
    if (due.dueMs > now) continue;
    try {
      const again = await closeInItsTrace(bus, due.id, ending);
      if (leases.get(key) === due) {
        if (again === undefined) leases.delete(key);
        else leases.set(key, { ...due, dueMs: again });
      }
    } catch (error) {
      bus.log.warn({ err: error, remediation_id: due.id }, 'a lease could not be closed; trying again');
    }
  }
}

/** Nobody's message leads here, so the trace is taken up where the remediation began. */
async function closeInItsTrace(bus: Bus, id: string, ending: Ending): Promise<number | undefined> {
  const parent = await contextOfFact(bus, requestedSubject(id));
  return withRemediation(id, () => inSpan(bus.tracer, 'close lease', { parent }, () => ending.close(id)));
}
