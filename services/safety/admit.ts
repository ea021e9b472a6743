/**
 * Guarantee: one request gets one verdict, and what is approved holds its leases, under redelivery, crashes between
 * any two lines and any number of replicas. The order of reads and writes is the protocol: the cells first, then
 * what was decided; the lease before the verdict; on any conflict from the start again.
 */
import type { Handled } from '#libs/bus/consume';
import { readFact } from '#libs/bus/fact';
import { headOf } from '#libs/contracts/fact-head';
import { type Approved, completeSchema, decidedSchema, type Requested } from '#libs/contracts/facts';
import { completeSubject, decidedSubject } from '#libs/contracts/subjects';
import { failpoint } from '#libs/runtime/failpoint';
import { fromInstant, toInstant } from '#libs/runtime/instant';
import type { Admission } from './admission.ts';
import { admitDryRun } from './admit-dry-run.ts';
import { grantLease } from './cell.ts';
import { targetsOf } from './closing.ts';
import { countAsked } from './count-asked.ts';
import { decide, type Verdict } from './decide.ts';
import { seatsOf } from './seats.ts';
import type { ReadCell } from './state.ts';
import { concludeWith, stateVerdict } from './state-verdict.ts';
import { refusedAsExpired, refusedOutright } from './unresolved.ts';

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
  if (mine.length === read.length) return approve(admission, requested, read);

  const now = bus.clock.now();
  const expired = refusedAsExpired(requested, now);
  if (expired) return stateVerdict(admission, requested, expired);
  const verdict = decide(seatsOf(requested, targets, read), control, policy, now);
  if (verdict.kind === 'refuse') return refuse(admission, requested, read, verdict, now);
  const granted = await takeLeases(admission, requested, read, verdict, now);
  return granted ? approve(admission, requested, granted) : 'again';
}

function approve(admission: Admission, requested: Requested, granted: readonly ReadCell[]): Promise<Handled> {
  return stateVerdict(admission, requested, admission.sign(approvalFrom(granted, requested)));
}

/** Takes the leases in the order of the targets; undefined when a cell changed since it was read. */
async function takeLeases(
  { state, policy, timing }: Admission,
  requested: Requested,
  read: readonly ReadCell[],
  verdict: Verdict,
  now: number,
): Promise<readonly ReadCell[] | undefined> {
  const { remediation_id: id, expires_at } = requested;
  const granted: ReadCell[] = [];
  for (const { cell, revision } of read) {
    if (cell.lease?.id === id) {
      granted.push({ cell, revision });
      continue;
    }
    const counted = countAsked(cell, requested, policy, now);
    const grant = { id, gates: [...verdict.gates], expires_at };
    const next = grantLease(counted, grant, fromInstant(expires_at) + timing.slackMs, now);
    if ((await state.compareAndSet(cell.target, revision, next)) === 'conflict') return undefined;
    failpoint('lease-granted');
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
  for (const { cell, revision } of read) {
    const next = countAsked(cell, requested, admission.policy, now);
    if (next === cell) continue;
    if ((await admission.state.compareAndSet(cell.target, revision, next)) === 'conflict') return 'again';
  }
  return stateVerdict(admission, requested, {
    type: 'decided',
    ...headOf(requested, toInstant(now)),
    verdict: 'refused',
    outcome: 'rejected',
    gates: [...verdict.gates],
    ...verdict.refusal,
  });
}

/** The verdict as the leases hold it, its instant too, so that whoever resumes states the same one. */
function approvalFrom(read: readonly ReadCell[], requested: Requested): Approved {
  const leases = read.flatMap(({ cell }) => (cell.lease ? [{ target: cell.target, lease: cell.lease }] : []));
  if (requested.plan === null) throw new Error('a request without a plan cannot be approved');
  const decidedAt = Math.max(...leases.map(({ lease }) => fromInstant(lease.granted_at)));
  return {
    type: 'decided',
    ...headOf(requested, toInstant(decidedAt)),
    verdict: 'approved',
    gates: leases[0]?.lease.gates ?? [],
    grants: leases.map(({ target, lease }) => ({ target, epoch: lease.epoch })),
    plan: requested.plan,
    expires_at: requested.expires_at,
  };
}
