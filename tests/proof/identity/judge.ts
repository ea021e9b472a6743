import { z } from 'zod';
import type { RemediationRecord } from '#libs/bus/remediation-record';
import type { Schedule } from './schedule.ts';

const eventSchema = z.object({
  Action: z.string(),
  Actor: z.object({ ID: z.string(), Attributes: z.object({ name: z.string() }) }),
  timeNano: z.number(),
});

/** What the engine's own events say of one schedule. Times in milliseconds since the epoch. */
export type Told = {
  /** Who took or lost a name, in order; null: it was removed. */
  readonly namings: readonly { readonly at: number; readonly id: string; readonly name: string | null }[];
  readonly restarts: readonly { readonly at: number; readonly id: string }[];
};

export function toldOf(events: readonly unknown[], { name }: Schedule): Told {
  const read = events
    .map((event) => eventSchema.safeParse(event).data)
    .filter((event) => event !== undefined);
  const own = read
    .filter(({ Actor }) => Actor.Attributes.name === name || Actor.Attributes.name.startsWith(`${name}-`))
    .map(({ Action, Actor, timeNano }) => ({
      Action,
      at: timeNano / 1e6,
      id: Actor.ID,
      name: Actor.Attributes.name,
    }))
    .sort((a, b) => a.at - b.at);
  return {
    namings: own
      .filter(({ Action }) => ['create', 'rename', 'destroy'].includes(Action))
      .map(({ Action, at, id, name: called }) => ({ at, id, name: Action === 'destroy' ? null : called })),
    restarts: own.filter(({ Action }) => Action === 'restart'),
  };
}

const endless = Number.POSITIVE_INFINITY;

export type Judgement = {
  readonly outcome: string;
  /** When the bound container lost its name, by what stood then; none: it never did. */
  readonly lost:
    | 'never'
    | 'before the decision'
    | 'before the intent'
    | 'before the end of the call'
    | 'during the verification'
    | 'after it';
  /** An attempt was counted although another one had the name by then: the engine refused, or nobody knows. */
  readonly counted: boolean;
  readonly offences: readonly string[];
};

export function judge(
  { name, fallsIll }: Schedule,
  sentAt: number,
  record: RemediationRecord,
  told: Told,
): Judgement {
  const { requested, decided, complete } = record;
  const [{ started, executed, verified } = {}] = record.steps;
  const bound = requested.body.plan?.steps[0]?.bound?.containers ?? [];
  const [id = ''] = bound;
  const at = (fact: { readonly storedAt: string } | undefined): number | undefined =>
    fact && Date.parse(fact.storedAt);
  const endedAt = at(complete) ?? at(decided) ?? endless;
  const own = told.namings.filter((naming) => naming.id === id);
  // What is of Compose is so by its labels, whatever it is called.
  const isOfCompose = requested.body.plan?.steps[0]?.target.kind === 'compose';
  const stands = (called: string | null): boolean => (isOfCompose ? called !== null : called === name);
  const sometime = (who: string, is: typeof stands, from: number, until: number): boolean => {
    const all = told.namings.filter((naming) => naming.id === who);
    return all.some(
      ({ name: called, at: since }, n) => is(called) && since <= until && (all[n + 1]?.at ?? endless) >= from,
    );
  };
  const bore = (who: string, from: number, until: number) =>
    sometime(who, (called) => called === name, from, until);
  const stood = (from: number, until: number) => sometime(id, stands, from, until);
  const lostAt = own.find(({ name: called }, n) => n > 0 && !stands(called))?.at;
  const offences: string[] = [];
  const holds = (what: string, is: boolean): void => {
    if (!is) offences.push(`${name}: ${what}`);
  };
  const outcome = complete?.body.outcome ?? decided?.body.verdict ?? 'none';
  const effects = complete?.body.effects ?? [];
  const others = told.restarts.filter((restart) => restart.id !== id);

  holds(
    'it has one end',
    complete !== undefined || (decided !== undefined && decided.body.verdict !== 'approved'),
  );
  holds('nothing was done to a container that was not resolved', others.length === 0);
  holds('it was restarted once at most', told.restarts.length <= 1);
  if (requested.body.plan) {
    holds(
      'it was resolved to one that had the name then',
      bound.length === 1 && bore(id, sentAt, at(requested) ?? 0),
    );
  } else holds('nothing was done without a plan', told.restarts.length === 0);
  for (const fact of [started, executed, verified]) {
    const about = idsIn(fact?.body);
    holds(
      `${fact?.body.type} is about what was resolved`,
      about.every((each) => each === id),
    );
  }
  if (outcome === 'recovered') {
    holds('what recovered was restarted', told.restarts.length === 1);
    holds('what recovered is not ill', !fallsIll);
    holds('what recovered had its name while it was looked at', stood(at(executed) ?? 0, at(verified) ?? 0));
  }
  const wasAway = decided && started === undefined && executed && !stood(at(decided) ?? 0, at(executed) ?? 0);
  if (decided?.body.verdict === 'approved' && wasAway) {
    holds('what had lost its name was let alone', told.restarts.length === 0);
    holds('it says so', ['not_applicable', 'failed'].includes(outcome));
    holds('nothing was counted', effects.length === 0);
  }
  const [entry] = complete?.body.execution_log ?? [];
  if (entry?.replaced_by) {
    const { container_id } = entry.replaced_by;
    holds(
      'who replaced it had the name',
      container_id !== id && bore(container_id, at(executed) ?? 0, endedAt),
    );
    // Of a call that nobody heard an answer to it is not even known whether it was made.
    holds('nobody can say what came of it', outcome === 'inconclusive' || outcome === 'unknown');
    holds('nothing is counted against who replaced it', effects.length === 0);
  }
  const until = [decided, started, executed, verified].map((fact) => at(fact) ?? endless);
  const phases = [
    'before the decision',
    'before the intent',
    'before the end of the call',
    'during the verification',
  ] as const;
  const isAnother = (naming: Told['namings'][number]): boolean =>
    naming.id !== id && !stood(endedAt, endedAt) && bore(naming.id, endedAt, endedAt);
  const phase =
    lostAt === undefined ? 'never' : (phases[until.findIndex((end) => lostAt < end)] ?? 'after it');
  return {
    outcome: entry?.replaced_by ? 'replaced' : (complete?.body.reason ?? outcome),
    lost: phase,
    counted: effects.some(({ verified: well }) => !well) && told.namings.some(isAnother),
    offences,
  };
}

/** Of containers, leaving out the one that is named as having come to the name. */
function idsIn(body: unknown): readonly string[] {
  const text = JSON.stringify(body ?? null, (key, value) => (key === 'replaced_by' ? undefined : value));
  return text.match(/\b[0-9a-f]{64}\b/g) ?? [];
}
