/**
 * Guarantee: an act of a person is stated once and done, whichever process dies between whichever lines, and whoever
 * asks again under its request id gets the first answer, without anything being done again. First it is written down,
 * then stated, then done, then its answer is kept. What a dead process left is taken up by the next that asks, or by
 * `lookAfterActs` of any replica, seconds later: then the effect may come a second time.
 */
import { randomUUID } from 'node:crypto';
import type { Bus } from '#libs/bus/bus';
import type { CellStore } from '#libs/bus/cell-store';
import { stateFact } from '#libs/bus/fact';
import type { ActRecord } from '#libs/contracts/act-record';
import { canonicalJson, fingerprintOf } from '#libs/contracts/json';
import { Problem } from '#libs/contracts/problem';
import { redactText } from '#libs/contracts/redact';
import { type SafetyActVerb, safetyActSchema } from '#libs/contracts/rpc';
import { type Details, longestReason } from '#libs/contracts/scalars';
import { actKey, safetyActSubject } from '#libs/contracts/subjects';
import { type Target, targetId } from '#libs/contracts/target';
import { toInstant } from '#libs/runtime/instant';

const pollMs = 50;
/** How long an act may stay unfinished before others believe that whoever began it is dead. */
export const patienceMs = 3_000;

/** Does what a record asks; `asked` is the revision it stands at. */
export type Apply = (id: string, record: ActRecord, asked: number) => Promise<Details>;

export type ActDesk = {
  readonly bus: Bus;
  readonly acts: CellStore<ActRecord>;
  readonly apply: Readonly<Record<SafetyActVerb, Apply>>;
};

export type Act = {
  readonly verb: SafetyActVerb;
  readonly request: {
    readonly actor: string;
    readonly reason: string;
    readonly request_id?: string | undefined;
  };
  /** Whom it concerns; asked only when it is new. */
  readonly targets: () => Promise<readonly Target[]>;
};

/** Carries out an act, or finds out what came of it. Throws `idempotency_key_reused` when its id names another. */
export async function carryOut(desk: ActDesk, act: Act): Promise<Details> {
  const { bus, acts } = desk;
  const id = act.request.request_id ?? randomUUID();
  const fingerprint = fingerprintOf({ verb: act.verb, request: act.request });
  let mine = false;
  for (let waitedMs = 0; ; ) {
    const { value: record, revision } = await acts.read(actKey(id));
    if (!record) {
      const asked = await newRecord(bus, act, fingerprint);
      mine = (await acts.compareAndSet(actKey(id), revision, asked)) === 'stored';
      continue;
    }
    if (record.fingerprint !== fingerprint) throw reused();
    if (record.reply) return record.reply;
    if (mine || waitedMs >= patienceMs) {
      const reply = await finish(desk, id, record, revision);
      if (reply) return reply;
      continue;
    }
    await bus.clock.sleep(pollMs);
    waitedMs += pollMs;
  }
}

/** Brings an act to its end that stands at `revision`; undefined when somebody else wrote meanwhile. */
export async function finish(
  { bus, acts, apply }: ActDesk,
  id: string,
  record: ActRecord,
  revision: number,
): Promise<Details | undefined> {
  const { verb, asked_at: at, actor, reason, request } = record;
  const fact = { type: verb, at, actor, reason, targets: record.targets.map(targetId), request };
  const stated = await stateFact(bus, safetyActSubject(verb, id), safetyActSchema, fact);
  if (stated.kind === 'duplicate' && canonicalJson(stated.body) !== canonicalJson(fact)) {
    // The record of an earlier act was taken away: nothing is done that is not stated.
    await acts.forget(actKey(id), revision);
    throw reused();
  }
  const reply = await apply[verb](id, record, revision);
  const kept = await acts.compareAndSet(actKey(id), revision, { ...record, reply });
  return kept === 'stored' ? reply : undefined;
}

async function newRecord(bus: Bus, act: Act, fingerprint: string): Promise<ActRecord> {
  const { actor, reason: said, ...request } = act.request;
  const reason = redactText(said).slice(0, longestReason);
  const targets = [...(await act.targets())];
  const at = toInstant(bus.clock.now());
  return { verb: act.verb, fingerprint, asked_at: at, actor, reason, targets, request, reply: null };
}

function reused(): Problem {
  return new Problem(
    'idempotency_key_reused',
    'This Idempotency-Key (over NATS: request_id) was used before for a different request. Use a new one for a new request, or send the old request unchanged.',
  );
}
