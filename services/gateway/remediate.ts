import { readRemediation } from '#libs/bus/remediation-record';
import { currentTraceId, withRemediation } from '#libs/runtime/tracing';
import type { Admitted } from './admission.ts';
import { type RemediationView, viewOf } from './answers/view.ts';
import type { Asking } from './asking.ts';
import { boundedSignal } from './bounded-signal.ts';
import type { Mesh } from './mesh-link.ts';

export type Patience = {
  readonly waitMs: number;
  /** Any of them ends the waiting: the caller has left, the gateway stops. The remediation goes on regardless. */
  readonly endedBy: readonly AbortSignal[];
};

// A request that cannot come to anything is refused at once, so its answer is worth a moment's wait.
const verdictWaitMs = 5_000;
const statingMs = 10_000;

/** Admits a request and waits for its end as long as the caller likes. What comes back may not be at its end. */
export function remediate(mesh: Mesh, given: Asking, patience: Patience): Promise<RemediationView> {
  const { ends, context } = mesh;
  const asking = mesh.admission.judge(given);
  return withRemediation(asking.id, async () => {
    using watch = ends.watch(asking.id);
    const { requested, fresh } = await admit(mesh, asking);
    const hopeless = requested.resolution.status !== 'resolved';
    using waiting = boundedSignal(patience.endedBy);
    const terminal = await watch.terminal({
      engine: requested.engine,
      waitMs: hopeless ? Math.max(patience.waitMs, verdictWaitMs) : patience.waitMs,
      signal: waiting.signal,
      lookFirst: !fresh,
    });
    const known: RemediationView = { requested, steps: [], traceId: currentTraceId() };
    if (fresh && terminal?.kind === 'decided') return { ...known, decided: terminal.fact };
    if (fresh && !terminal && patience.waitMs === 0) return known;
    // Once it stands, the answer is never that something is away.
    const record = await readRemediation(context.bus, asking.id).catch(() => undefined);
    return record ? viewOf(record) : known;
  });
}

async function admit({ admission, context }: Mesh, asking: Asking): Promise<Admitted> {
  using stating = boundedSignal([context.signal], statingMs);
  return await admission.admit(asking, stating.signal);
}
