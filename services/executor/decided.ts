/**
 * Guarantee: a decision is acknowledged when nothing is left to do about it: at once unless it is an approval that is
 * to be believed, else after its `finished` stands.
 */
import type { Bus } from '#libs/bus/bus';
import type { Delivery, Handled } from '#libs/bus/consume';
import { buryDead } from '#libs/bus/dead-letter';
import type { Approved } from '#libs/contracts/facts';
import { type BeliefContext, beliefIn } from './believe.ts';
import { onceAtATime } from './run/once-at-a-time.ts';
import { Stopping } from './run/running.ts';

const waitForKeysMs = 500;

/** Handles the decisions of one engine; `run` carries out what was approved. */
export function onDecided(
  bus: Bus,
  context: BeliefContext,
  run: (approved: Approved) => Promise<void>,
): (delivery: Delivery) => Promise<Handled> {
  const once = onceAtATime();
  return async (delivery) => {
    const belief = await beliefIn(bus, delivery, context);
    switch (belief.kind) {
      case 'asks_for_nothing':
        return 'ack';
      case 'wait':
        return { retryInMs: waitForKeysMs };
      case 'refuse':
        bus.log.error(
          { subject: delivery.subject, reason: belief.reason },
          `a decision is refused, and nothing is done: ${belief.why}`,
        );
        await buryDead(bus, delivery, belief.reason, belief.why);
        return 'ack';
      case 'approved':
        return carryOut(() => once(belief.approved.remediation_id, () => run(belief.approved)));
    }
  };
}

async function carryOut(run: () => Promise<void>): Promise<Handled> {
  try {
    await run();
    return 'ack';
  } catch (error) {
    if (error instanceof Stopping) return { retryInMs: 1 };
    throw error;
  }
}
