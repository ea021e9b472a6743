/**
 * Guarantee: one request gets one verdict, and what is approved holds its leases, under redelivery, crashes between
 * any two lines and any number of replicas. The order of reads and writes is the protocol: the cells first, then
 * what was decided; the lease before the verdict; on any conflict from the start again.
 */

import { actionNamed } from '#libs/actions/catalogue';
import type { Bus } from '#libs/bus/bus';
import type { Handled } from '#libs/bus/consume';
import { readFact, stateFact } from '#libs/bus/fact';
import type { Cell } from '#libs/contracts/cell';
import {
  type Approved,
  completeSchema,
  type Decided,
  decidedSchema,
  type Requested,
} from '#libs/contracts/facts';
import { completeSubject, decidedSubject } from '#libs/contracts/subjects';
import { type Target, targetId } from '#libs/contracts/target';
import { fromInstant, toInstant } from '#libs/runtime/instant';
import { countRequest, grantLease, releaseLease } from './cell.ts';
import { targetsOf } from './closing.ts';
import { decide, type Seat, type Verdict } from './decide.ts';
import type { Ending } from './ending.ts';
import type { Candidate } from './gates/gate.ts';
import type { LeaseTiming, Policy } from './policy.ts';
import type { AskPreview } from './preview.ts';
import type { ReadCell, SafetyState } from './state.ts';
import { refusedAsExpired, refusedOutright } from './unresolved.ts';

export type Admission = {
  readonly bus: Bus;
  readonly state: SafetyState;
  readonly policy: Policy;
  readonly timing: LeaseTiming;
  readonly ending: Ending;
  readonly preview: AskPreview;
};

const closingRetryMs = 1_000;

/** Decides one request. `ack` once its verdict stands and, where it is terminal, is settled and told. */
export async function admit(admission: Admission, requested: Requested): Promise<Handled> {
  const now = admission.bus.clock.now();
  const outright = refusedOutright(requested, now);
  if (outright) return stateVerdict(admission, requested, outright);
  if (requested.ask.dry_run) return admitDryRun(admission, requested);
  for (;;) {
    const handled = await tryAdmit(admission, requested);
    if (handled !== 'again') return handled;
  }
}

async function tryAdmit(admission: Admission, requested: Requested): Promise<Handled | 'again'> {
  const { bus, state, policy } = admission;
  const id = requested.remediation_id;
  const targets = targetsOf(requested);
  const read = await Promise.all(targets.map((target) => state.readCell(target)));
  const [decided, complete, control] = await Promise.all([
    readFact(bus, decidedSubject(id, requested.engine), decidedSchema),
    readFact(bus, completeSubject(id), completeSchema),
    state.readControl(),
  ]);
  if (complete) return admission.ending.settle(requested, { kind: 'complete', fact: complete.body });
  if (decided) return concludeWith(admission, requested, decided.body);

  const mine = read.filter(({ cell }) => cell.lease?.id === id);
  if (mine.some(({ cell }) => cell.lease?.state === 'closing')) return { retryInMs: closingRetryMs };
  if (mine.length === read.length)
    return stateVerdict(admission, requested, approvalFrom(read, requested, bus.clock.now()));

  const now = bus.clock.now();
  const expired = refusedAsExpired(requested, now);
  if (expired) return stateVerdict(admission, requested, expired);
  const verdict = decide(seatsOf(requested, targets, read), control, policy, now);
  if (verdict.kind === 'refuse') return refuse(admission, requested, read, verdict, now);
  const granted = await takeLeases(admission, requested, read, verdict, now);
  return granted ? stateVerdict(admission, requested, approvalFrom(granted, requested, now)) : 'again';
}

/** Takes the leases in the order of the targets; undefined when a cell changed since it was read. */
async function takeLeases(
  { state, policy, timing }: Admission,
  requested: Requested,
  read: readonly ReadCell[],
  verdict: Verdict,
  now: number,
): Promise<readonly ReadCell[] | undefined> {
  const { remediation_id: id, expires_at, endpoint } = requested;
  const granted: ReadCell[] = [];
  for (const { cell, revision } of read) {
    if (cell.lease?.id === id) {
      granted.push({ cell, revision });
      continue;
    }
    const counted = countRequest(cell, endpoint, id, policy, now);
    const grant = { id, gates: [...verdict.gates], expires_at };
    const next = grantLease(counted, grant, fromInstant(expires_at) + timing.slackMs, now);
    if ((await state.compareAndSet(cell.target, revision, next)) === 'conflict') return undefined;
    granted.push({ cell: next, revision });
  }
  return granted;
}

async function refuse(
  admission: Admission,
  requested: Requested,
  read: readonly ReadCell[],
  verdict: Extract<Verdict, { kind: 'refuse' }>,
  now: number,
): Promise<Handled | 'again'> {
  const { remediation_id: id, endpoint } = requested;
  for (const { cell, revision } of read) {
    const next = countRequest(cell, endpoint, id, admission.policy, now);
    if (next === cell) continue;
    if ((await admission.state.compareAndSet(cell.target, revision, next)) === 'conflict') return 'again';
  }
  return stateVerdict(admission, requested, {
    type: 'decided',
    remediation_id: id,
    at: toInstant(now),
    verdict: 'refused',
    outcome: 'rejected',
    gates: [...verdict.gates],
    ...verdict.refusal,
  });
}

/** The verdict as the leases hold it, so that whoever resumes states the same one. */
function approvalFrom(read: readonly ReadCell[], requested: Requested, now: number): Approved {
  const leases = read.flatMap(({ cell }) => (cell.lease ? [{ target: cell.target, lease: cell.lease }] : []));
  if (requested.plan === null) throw new Error('a request without a plan cannot be approved');
  return {
    type: 'decided',
    remediation_id: requested.remediation_id,
    at: toInstant(now),
    verdict: 'approved',
    gates: leases[0]?.lease.gates ?? [],
    grants: leases.map(({ target, lease }) => ({ target, epoch: lease.epoch })),
    plan: requested.plan,
    expires_at: requested.expires_at,
  };
}

async function stateVerdict(admission: Admission, requested: Requested, decided: Decided): Promise<Handled> {
  const subject = decidedSubject(requested.remediation_id, requested.engine);
  const stated = await stateFact(admission.bus, subject, decidedSchema, decided);
  return concludeWith(admission, requested, stated.body);
}

/** Goes on from the verdict that stands, whoever stated it. Leases taken for an approval that lost are given back. */
async function concludeWith(admission: Admission, requested: Requested, decided: Decided): Promise<Handled> {
  if (decided.verdict === 'approved') return 'ack';
  if (decided.verdict === 'refused') {
    for (const target of targetsOf(requested)) {
      await admission.state.change(target, (cell) => releaseLease(cell, requested.remediation_id));
    }
  }
  return admission.ending.tell(requested, { kind: 'decided', fact: decided });
}

/** Short road: every gate, the preview, one fact. No lease, no budget, no write to any cell. */
async function admitDryRun(admission: Admission, requested: Requested): Promise<Handled> {
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
    remediation_id: requested.remediation_id,
    at: toInstant(now),
    verdict: 'dry_run',
    outcome: 'dry_run',
    would_be: verdict.kind === 'approve' ? 'approved' : 'refused',
    gates: [...verdict.gates],
    ...(verdict.kind === 'refuse' ? { refusal: verdict.refusal } : {}),
    preview,
  });
}

function seatsOf(
  requested: Requested,
  targets: readonly Target[],
  read: readonly ReadCell[],
): readonly Seat[] {
  return targets.flatMap((target, at) => {
    const cell: Cell | undefined = read[at]?.cell;
    return cell ? [{ cell, candidate: candidateOf(requested, target) }] : [];
  });
}

export function candidateOf(requested: Requested, target: Target): Candidate {
  const { resolution, plan, ask } = requested;
  const resolved =
    resolution.status === 'resolved'
      ? resolution.targets.find((each) => targetId(each.target) === targetId(target))
      : undefined;
  return {
    id: requested.remediation_id,
    endpoint: requested.endpoint,
    principal: requested.principal,
    target,
    protectedBy: resolved?.protected_by ?? null,
    confidence: ask.confidence,
    diagnostic: plan?.steps.every((step) => actionNamed(step.action)?.diagnostic === true) === true,
  };
}
