import type { Complete, Decided, Refusal, Requested } from '#libs/contracts/facts';
import type { SafetyAct } from '#libs/contracts/rpc';
import { type Target, targetId } from '#libs/contracts/target';

/** A verdict as it was stated, as far as a replay needs it. */
export type Decision = {
  readonly id: string;
  readonly at: string;
  readonly verdict: 'approved' | 'refused';
  readonly dryRun: boolean;
  readonly refusal: Refusal | undefined;
  /** Were the gates asked at all? What is refused outright counts against no rate. */
  readonly judged: boolean;
  /** The remediations that the gate `busy` named, by target; under an empty name when there is one target only. */
  readonly heldBy: ReadonlyMap<string, string>;
  readonly epochs: ReadonlyMap<string, number>;
};

/** One thing that happened, and its place in the stream. */
export type Happening = { readonly sequence: number; readonly at: string } & (
  | { readonly kind: 'decided'; readonly decision: Decision }
  | { readonly kind: 'complete'; readonly complete: Complete }
  | { readonly kind: 'act'; readonly act: SafetyAct }
);

/** What the facts tell, in the order of the stream. */
export type History = {
  readonly requests: ReadonlyMap<string, Requested>;
  readonly happenings: readonly Happening[];
};

export function happeningOfDecided(sequence: number, decided: Decided): Happening {
  const heldBy = decided.gates.flatMap(({ gate, pass, numbers, target = '' }) =>
    gate === 'busy' && !pass && typeof numbers?.remediation_id === 'string'
      ? [[target, numbers.remediation_id] as const]
      : [],
  );
  const grants = decided.verdict === 'approved' ? decided.grants : [];
  const decision: Decision = {
    id: decided.remediation_id,
    at: decided.at,
    verdict: decided.verdict === 'dry_run' ? decided.would_be : decided.verdict,
    dryRun: decided.verdict === 'dry_run',
    refusal: refusalIn(decided),
    judged: decided.gates.length > 0,
    heldBy: new Map(heldBy),
    epochs: new Map(grants.map(({ target, epoch }) => [targetId(target), epoch])),
  };
  return { kind: 'decided', sequence, at: decided.at, decision };
}

/** Who held the target when it was decided; undefined: nobody. */
export function holderOf({ heldBy }: Decision, target: Target): string | undefined {
  return heldBy.get(targetId(target)) ?? heldBy.get('');
}

function refusalIn(decided: Decided): Refusal | undefined {
  if (decided.verdict === 'approved') return undefined;
  if (decided.verdict === 'dry_run') return decided.refusal;
  const { reason, message, remaining_seconds, allowed_at, retry_count } = decided;
  return {
    reason,
    message,
    ...(remaining_seconds === undefined ? {} : { remaining_seconds }),
    ...(allowed_at === undefined ? {} : { allowed_at }),
    ...(retry_count === undefined ? {} : { retry_count }),
  };
}

/** A request without what no decision looks at, so that many of them fit into memory. */
export function slimRequest(requested: Requested): Requested {
  const { metrics: _metrics, reason: _reason, ...ask } = requested.ask;
  const steps = requested.plan?.steps.map((step) => ({ ...step, params: {} }));
  return {
    ...requested,
    ask: { ...ask, params: {} },
    plan: requested.plan && steps ? { ...requested.plan, steps } : null,
  };
}
