/**
 * Guarantee: what is believed is a decision that safety signed, as it signed it, in the one place where it belongs. A
 * copy of it anywhere else, or once more in the same place, is a replay.
 */
import { z } from 'zod';
import type { Bus } from '#libs/bus/bus';
import type { Delivery } from '#libs/bus/consume';
import { readFact } from '#libs/bus/fact';
import { firstSequence } from '#libs/bus/scan';
import { disbeliefIn, type PublicKeys } from '#libs/contracts/decision-signature';
import { type Approved, approvedSchema } from '#libs/contracts/facts';
import { jsonWithin } from '#libs/contracts/json';
import { decidedSubject, requestedSubject } from '#libs/contracts/subjects';
import { fromInstant } from '#libs/runtime/instant';
import type { DecisionKeys } from './decision-keys.ts';

/** What a message about a decision comes to. The reasons are what its dead letter is filed under. */
export type Belief =
  | { readonly kind: 'approved'; readonly approved: Approved }
  | { readonly kind: 'asks_for_nothing' }
  /** No key is there yet by which it could be judged. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'refuse'; readonly reason: RefusalOfDecision; readonly why: string };

export type RefusalOfDecision =
  | 'unreadable_decision'
  | 'unsigned_decision'
  | 'unknown_key'
  | 'bad_signature'
  | 'replayed_decision';

export type BeliefContext = { readonly engineName: string; readonly keys: DecisionKeys };

// More than any plan has: what a request may hold is bounded where it comes in.
const deepest = 64;

// Most decisions ask for nothing; they are not looked at any further, and nothing can come of them.
const asksForNothing = z.object({ verdict: z.enum(['refused', 'dry_run']) });

const refuse = (reason: RefusalOfDecision, why: string): Belief => ({ kind: 'refuse', reason, why });

export async function beliefIn(
  bus: Bus,
  delivery: Pick<Delivery, 'text' | 'subject' | 'sequence'>,
  { engineName, keys }: BeliefContext,
): Promise<Belief> {
  const body = jsonWithin(delivery.text(), deepest);
  if (body === undefined) return refuse('unreadable_decision', 'it is no JSON, or nested too deeply');
  if (asksForNothing.safeParse(body).success) return { kind: 'asks_for_nothing' };
  const read = approvedSchema.safeParse(body);
  if (!read.success) {
    return refuse('unreadable_decision', `it is no decision: ${read.error.issues[0]?.message ?? ''}`);
  }
  const known = keys.known() ?? keys.readAgain();
  if (!known) return { kind: 'wait' };
  const disbelief = disbelieved(body, known, keys);
  if (disbelief) return refuse(disbelief, words[disbelief]);
  const replay = await whyReplay(bus, delivery, read.data, engineName);
  return replay === undefined
    ? { kind: 'approved', approved: read.data }
    : refuse('replayed_decision', replay);
}

function disbelieved(body: unknown, known: PublicKeys, keys: DecisionKeys) {
  const disbelief = disbeliefIn(body, known);
  // Safety may have a new key since the file was read.
  return disbelief === 'unknown_key' ? disbeliefIn(body, keys.readAgain() ?? known) : disbelief;
}

const words = {
  unsigned_decision:
    'it has no signature: safety signs every approval. One that an earlier version of hemostat made ends with its lease, when the request expires at the latest: look at the target then, and ask again',
  unknown_key:
    'it was signed with a key that is not among the public keys here; if safety has a new key, put its public half into the file that HEMOSTAT_DECISION_PUBLIC_KEY_FILE names',
  bad_signature:
    'its signature is not that of its content: it was changed, or another one than safety made it',
};

async function whyReplay(
  bus: Bus,
  { subject, sequence }: Pick<Delivery, 'subject' | 'sequence'>,
  { remediation_id: id, grants, expires_at }: Approved,
  engineName: string,
): Promise<string | undefined> {
  if (subject !== decidedSubject(id, engineName)) return 'it speaks of another remediation than its subject';
  const elsewhere = grants.find(({ target }) => target.engine !== engineName);
  if (elsewhere) return `it was made for the engine ${elsewhere.target.engine}, not for ${engineName}`;
  const first = await firstSequence(bus, subject);
  if (first !== 0 && first !== sequence) return 'it was published once more after it had been decided';
  if (bus.clock.now() < fromInstant(expires_at)) return undefined;
  // When facts are forgotten a copy would be the first again; by then it has expired.
  const requested = await readFact(bus, requestedSubject(id), z.unknown());
  return requested ? undefined : 'it is older than what NATS remembers, and nobody requested it';
}
