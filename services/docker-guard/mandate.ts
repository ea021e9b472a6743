/**
 * Guarantee: something is changed only under a decision that safety signed for this engine, while it is good, and only
 * what a step of its plan names by its id. Whoever has the guard's socket may do the same again until then: the guard
 * remembers nothing.
 */
import { longestGraceSeconds, slackSeconds } from '#libs/actions/stop-grace';
import type { Bound } from '#libs/contracts/bound';
import { fromDecisionHeader } from '#libs/contracts/decision-header';
import { type Disbelief, disbeliefIn, type PublicKeys } from '#libs/contracts/decision-signature';
import { type Approved, approvedSchema } from '#libs/contracts/facts';
import type { GuardAnswer } from '#libs/contracts/guard-answer';
import { fromInstant, toInstant } from '#libs/runtime/instant';
import { refuse } from './verdict.ts';

/** What a decision allows one line of the table to act upon. */
export type Mandate = { readonly remediationId: string; readonly bounds: readonly Bound[] };

export type Judgement = {
  /** Undefined: there are none, or they cannot be read. */
  readonly keys: PublicKeys | undefined;
  readonly engineName: string;
  /** The executor's ACTION_TIMEOUT_SECONDS. */
  readonly callSeconds: number;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
};

/** What the header gives a line that serves `actions`, or why it gives nothing. Pure. */
export function mandateIn(
  header: unknown,
  actions: readonly string[],
  { keys, engineName, callSeconds, now }: Judgement,
): Mandate | GuardAnswer {
  if (typeof header !== 'string') {
    return refuse(
      'no signed decision came with this call',
      'ask hemostat for it (hemostat remediate), in smaller parts if the plan is longer than a header may be; an executor of an earlier version is to be updated',
    );
  }
  const body = fromDecisionHeader(header);
  const read = approvedSchema.safeParse(body);
  if (!read.success) return refuse('the decision that came with this call cannot be read', sameVersion);
  const { remediation_id: remediationId, grants, plan } = read.data;
  const decision = `the decision of remediation ${remediationId}`;
  if (!keys) {
    return refuse(`there is no key by which ${decision} could be believed`, giveKey);
  }
  const disbelief = disbeliefIn(body, keys);
  if (disbelief) return refuse(`${decision} ${words[disbelief].cause}`, words[disbelief].remedy);
  const elsewhere = grants.find(({ target }) => target.engine !== engineName)?.target.engine;
  if (elsewhere !== undefined) {
    return refuse(
      `${decision} was made for the engine ${elsewhere}, and this is ${engineName}`,
      'set HEMOSTAT_ENGINE of the guard to that of its executor',
    );
  }
  const until = goodUntil(read.data, callSeconds);
  if (now >= until) return refuse(`${decision} was good until ${toInstant(until)}`, askAnew);
  const steps = plan.steps.filter(
    ({ action, target }) => target.engine === engineName && actions.includes(action),
  );
  return { remediationId, bounds: steps.flatMap(({ bound }) => bound ?? []) };
}

/**
 * When the last call of a plan has ended whose first step began in time, in milliseconds since the Unix epoch: each step
 * may take its longest call, or the longest time to stop of each container that it stops, and its verification.
 */
export function goodUntil({ plan, expires_at }: Approved, callSeconds: number): number {
  const seconds = plan.steps.map(({ action, bound, verify }) => {
    const stops = action === 'scale_down' ? Math.max(1, bound?.containers.length ?? 1) : 1;
    const longestCall = Math.max(callSeconds, stops * (longestGraceSeconds + slackSeconds));
    // Each number of an expectation is seconds that a look may take.
    const look = Object.values(verify ?? {}).flatMap((each) => (typeof each === 'number' ? each : []));
    return look.reduce((sum, each) => sum + each, longestCall + 2 * slackSeconds);
  });
  return fromInstant(expires_at) + 1_000 * seconds.reduce((sum, each) => sum + each, 0);
}

/** Is it named in the plan, for what this line does? */
export function isBound(
  { bounds }: Mandate,
  kind: 'containers' | 'images' | 'volumes',
  id: string | undefined,
): boolean {
  return id !== undefined && bounds.some((bound) => bound[kind]?.includes(id));
}

/** `what` with an id: its short form. */
export function unbound({ remediationId }: Mandate, what: string): GuardAnswer {
  return refuse(`remediation ${remediationId} was not approved to do this to ${what}`, askAnew);
}

const askAnew = 'ask hemostat for it anew; what was replaced since then is another one';
const sameVersion = 'let executor and docker-guard run the same version';
const giveKey =
  'let HEMOSTAT_DECISION_PUBLIC_KEY_FILE of the guard name the file that safety writes, readable for the guard';

const words: Readonly<Record<Disbelief, { readonly cause: string; readonly remedy: string }>> = {
  unsigned_decision: { cause: 'is not signed', remedy: askAnew },
  unknown_key: { cause: "was signed with a key that is not in the guard's file", remedy: giveKey },
  bad_signature: {
    cause: 'does not have the signature of its content: it was changed, or safety did not make it',
    remedy: 'find out who may write to the socket of the guard; nothing was passed on',
  },
};
