/**
 * Guarantee: the verdict that stands is the one that counts, whoever stated it.
 */
import type { Bus } from '#libs/bus/bus';
import type { Handled } from '#libs/bus/consume';
import { stateFact } from '#libs/bus/fact';
import { type Decided, decidedSchema, type Requested } from '#libs/contracts/facts';
import { decidedSubject } from '#libs/contracts/subjects';
import { failpoint } from '#libs/runtime/failpoint';
import type { Admission } from './admission.ts';
import { releaseLease } from './cell.ts';
import { targetsOf } from './closing.ts';

/** States a verdict and goes on from the one that stands then. */
export async function stateVerdict(
  admission: Admission,
  requested: Requested,
  decided: Decided,
): Promise<Handled> {
  return concludeWith(admission, requested, await stateDecided(admission.bus, requested, decided));
}

/** States a verdict. Resolves to the one that stands then. */
export async function stateDecided(bus: Bus, requested: Requested, decided: Decided): Promise<Decided> {
  const subject = decidedSubject(requested.remediation_id, requested.engine);
  const stated = await stateFact(bus, subject, decidedSchema, decided);
  failpoint('decided-stored');
  if (stated.kind === 'stored') tellDecided(bus, requested, decided);
  return stated.body;
}

/** Goes on from the verdict that stands, whoever stated it. Leases taken for an approval that lost are given back. */
export async function concludeWith(
  admission: Admission,
  requested: Requested,
  decided: Decided,
): Promise<Handled> {
  if (decided.verdict === 'approved') return 'ack';
  if (decided.verdict === 'refused') {
    for (const target of targetsOf(requested)) {
      await admission.state.change(target, (cell) => releaseLease(cell, requested.remediation_id));
    }
  }
  return admission.ending.tell(requested, { kind: 'decided', fact: decided });
}

function tellDecided({ log }: Bus, { ask }: Requested, decided: Decided): void {
  const about = { container: ask.container, action: ask.action };
  if (decided.verdict === 'approved' && decided.break_glass)
    log.warn({ ...about, ...decided.break_glass }, 'approved: glass was broken');
  else if (decided.verdict === 'approved') log.info(about, 'approved: every gate passed');
  else if (decided.verdict === 'dry_run')
    log.info({ ...about, would_be: decided.would_be }, 'previewed: a dry run');
  else log.info({ ...about, reason: decided.reason }, `refused: ${decided.message}`);
}
