import { headOf } from '#libs/contracts/fact-head';
import type { Refused, Requested } from '#libs/contracts/facts';
import type { RefusalReason } from '#libs/contracts/gates';
import { fromInstant, toInstant } from '#libs/runtime/instant';

const reasons = {
  not_found: 'container_not_found',
  ambiguous: 'ambiguous_target',
  not_applicable: 'not_applicable',
  expired: 'expired',
  invalid: 'invalid_request',
} as const satisfies Record<string, RefusalReason>;

/** The refusal of a request that can be answered without looking at any budget; undefined when it cannot. */
export function refusedOutright(requested: Requested, now: number): Refused | undefined {
  const { resolution } = requested;
  if (resolution.status !== 'resolved') {
    const { status, message, ...named } = resolution;
    return { ...refusal(requested, reasons[status], message, now), ...named };
  }
  if (requested.plan === null) {
    return refusal(
      requested,
      'not_applicable',
      `${requested.ask.action} cannot be applied to this target`,
      now,
    );
  }
  return undefined;
}

/** The refusal of a request whose time was over before it could be decided; undefined while there is time. */
export function refusedAsExpired(requested: Requested, now: number): Refused | undefined {
  if (now <= fromInstant(requested.expires_at)) return undefined;
  return refusal(
    requested,
    'expired',
    `the request expired at ${requested.expires_at}, before it could start`,
    now,
  );
}

/** The refusal of a request whose lease ran out before anybody stated a verdict: whoever took it died, or came too late. */
export function refusedAsUndecided(requested: Requested, now: number): Refused {
  const message = 'its time ran out before it was decided; nothing was done. Ask again if it is still needed';
  return refusal(requested, 'expired', message, now);
}

function refusal(requested: Requested, reason: RefusalReason, message: string, now: number): Refused {
  const outcome = reason === 'expired' || reason === 'not_applicable' ? reason : 'rejected';
  return {
    type: 'decided',
    ...headOf(requested, toInstant(now)),
    verdict: 'refused',
    outcome,
    gates: [],
    reason,
    message,
  };
}
