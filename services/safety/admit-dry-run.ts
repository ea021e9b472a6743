import type { Handled } from '#libs/bus/consume';
import { headOf } from '#libs/contracts/fact-head';
import type { Requested } from '#libs/contracts/facts';
import { toInstant } from '#libs/runtime/instant';
import type { Admission } from './admission.ts';
import { targetsOf } from './closing.ts';
import { decide } from './decide.ts';
import { seatsOf } from './seats.ts';
import { stateVerdict } from './state-verdict.ts';
import { refusedAsExpired } from './unresolved.ts';

/** Short road: every gate, the preview, one fact. No lease, no budget, no write to any cell. */
export async function admitDryRun(admission: Admission, requested: Requested): Promise<Handled> {
  const { bus, state, policy } = admission;
  if (requested.plan === null) throw new Error('a request without a plan cannot be previewed');
  const now = bus.clock.now();
  const expired = refusedAsExpired(requested, now);
  if (expired) return stateVerdict(admission, requested, expired);
  const targets = targetsOf(requested);
  const [preview, control, ...read] = await Promise.all([
    admission.preview({ engine: requested.engine, plan: requested.plan }),
    state.readControl(),
    ...targets.map((target) => state.readCell(target)),
  ]);
  const verdict = decide(seatsOf(requested, targets, read), control, policy, now);
  return stateVerdict(admission, requested, {
    type: 'decided',
    ...headOf(requested, toInstant(now)),
    verdict: 'dry_run',
    outcome: 'dry_run',
    would_be: verdict.kind === 'approve' ? 'approved' : 'refused',
    gates: [...verdict.gates],
    ...(verdict.kind === 'refuse' ? { refusal: verdict.refusal } : {}),
    preview,
  });
}
