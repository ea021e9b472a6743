import {
  type Complete,
  type Decided,
  type Executed,
  type Fact,
  type Finished,
  factSchema,
  type Requested,
  type Started,
  type Verified,
} from '#libs/contracts/facts';
import { streams } from '#libs/contracts/subjects';
import type { Message } from './evidence.ts';

export type Stored<T> = {
  readonly sequence: number;
  readonly storedAt: number;
  readonly traceId: string | null;
  readonly body: T;
};

export type StepFacts = {
  started?: Stored<Started>;
  executed?: Stored<Executed>;
  verified?: Stored<Verified>;
};

/** All that the stream says of one remediation. What may stand once only is a list, so that twice is seen. */
export type Remediation = {
  readonly id: string;
  readonly requested: Stored<Requested>[];
  readonly decided: Stored<Decided>[];
  readonly steps: Map<number, StepFacts>;
  readonly finished: Stored<Finished>[];
  readonly complete: Stored<Complete>[];
  readonly all: Stored<Fact>[];
};

/** Facts that no schema fits are `unreadable`, by sequence. */
export type Told = {
  readonly byId: ReadonlyMap<string, Remediation>;
  readonly unreadable: readonly number[];
};

export function remediationsOf(messages: readonly Message[]): Told {
  const byId = new Map<string, Remediation>();
  const unreadable: number[] = [];
  for (const message of messages) {
    if (message.stream !== streams.facts || !message.subject.startsWith('hemostat.remediation.')) continue;
    const parsed = factSchema.safeParse(message.body);
    if (!parsed.success) {
      unreadable.push(message.sequence);
      continue;
    }
    const { remediation_id: id } = parsed.data;
    const known = byId.get(id) ?? empty(id);
    byId.set(id, known);
    add(known, message, parsed.data);
  }
  return { byId, unreadable };
}

function empty(id: string): Remediation {
  return { id, requested: [], decided: [], steps: new Map(), finished: [], complete: [], all: [] };
}

function add(
  to: Remediation,
  { sequence, stored_at: storedAt, trace_id: traceId }: Message,
  fact: Fact,
): void {
  const stored = <T>(body: T): Stored<T> => ({ sequence, storedAt, traceId, body });
  to.all.push(stored(fact));
  switch (fact.type) {
    case 'requested':
      return void to.requested.push(stored(fact));
    case 'decided':
      return void to.decided.push(stored(fact));
    case 'finished':
      return void to.finished.push(stored(fact));
    case 'complete':
      return void to.complete.push(stored(fact));
  }
  const step = to.steps.get(fact.n) ?? {};
  to.steps.set(fact.n, step);
  if (fact.type === 'started') step.started = stored(fact);
  else if (fact.type === 'executed') step.executed = stored(fact);
  else step.verified = stored(fact);
}

/** The facts that end it. More than one is one too many. */
export function terminalsOf({ decided, complete }: Remediation): readonly Stored<Decided | Complete>[] {
  return [...decided.filter(({ body }) => body.verdict !== 'approved'), ...complete];
}

export function outcomeOf({ body }: Stored<Decided | Complete>): string | undefined {
  return 'outcome' in body ? body.outcome : undefined;
}

/** Did it get as far as a claim to act? What was claimed only to be withheld calls nobody. */
export function actsIn({
  steps,
}: Remediation): readonly (StepFacts & { readonly started: Stored<Started> })[] {
  return [...steps.values()].flatMap((step) => {
    const { started } = step;
    return started && !('withheld' in started.body.evidence) ? [{ ...step, started }] : [];
  });
}
