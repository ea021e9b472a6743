/**
 * Guarantee: a decision is acknowledged when nothing is left to do about it: at once unless it is an approval, else
 * after its `finished` stands.
 */
import { z } from 'zod';
import type { Bus } from '#libs/bus/bus';
import type { Delivery, Handled } from '#libs/bus/consume';
import { buryDead } from '#libs/bus/dead-letter';
import { type Approved, approvedSchema } from '#libs/contracts/facts';
import { parseJson } from '#libs/contracts/json';
import { decidedSubject } from '#libs/contracts/subjects';
import { onceAtATime } from './run/once-at-a-time.ts';
import { Stopping } from './run/running.ts';

/** Handles the decisions of one engine; `run` carries out what was approved. */
export function onDecided(
  bus: Bus,
  engineName: string,
  run: (approved: Approved) => Promise<void>,
): (delivery: Delivery) => Promise<Handled> {
  const once = onceAtATime();
  return async (delivery) => {
    const decided = parse(delivery, engineName);
    if (typeof decided === 'string') {
      bus.log.error({ subject: delivery.subject, reason: decided }, 'a decision cannot be read');
      await buryDead(bus, delivery, 'unreadable_decision', decided);
      return 'ack';
    }
    if (decided.verdict !== 'approved') return 'ack';
    try {
      await once(decided.remediation_id, () => run(decided));
      return 'ack';
    } catch (error) {
      if (error instanceof Stopping) return { retryInMs: 1 };
      throw error;
    }
  };
}

// Most decisions ask for nothing; they are not looked at any further.
const asksForNothing = z.object({ verdict: z.enum(['refused', 'dry_run']) });

function parse(delivery: Delivery, engineName: string): Approved | z.infer<typeof asksForNothing> | string {
  try {
    const body = parseJson(delivery.text());
    const idle = asksForNothing.safeParse(body);
    if (idle.success) return idle.data;
    const parsed = approvedSchema.safeParse(body);
    if (!parsed.success) return `it is no decision: ${parsed.error.issues[0]?.message ?? ''}`;
    const expected = decidedSubject(parsed.data.remediation_id, engineName);
    return delivery.subject === expected ? parsed.data : 'it speaks of another remediation than its subject';
  } catch {
    return 'it is no JSON';
  }
}
