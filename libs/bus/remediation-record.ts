import {
  type Complete,
  completeSchema,
  type Decided,
  decidedSchema,
  type Executed,
  executedSchema,
  type Fact,
  type Finished,
  finishedSchema,
  type Requested,
  requestedSchema,
  type Started,
  startedSchema,
  type Verified,
  verifiedSchema,
} from '#libs/contracts/facts';
import {
  completeSubject,
  decidedSubject,
  executedSubject,
  finishedSubject,
  requestedSubject,
  startedSubject,
  verifiedSubject,
} from '#libs/contracts/subjects';
import type { Bus } from './bus.ts';
import { readFact, type StoredFact } from './fact.ts';

export type StepRecord = {
  readonly started?: StoredFact<Started> | undefined;
  readonly executed?: StoredFact<Executed> | undefined;
  readonly verified?: StoredFact<Verified> | undefined;
};

/** Everything that stands about one remediation. `steps[0]` is step 1. */
export type RemediationRecord = {
  readonly requested: StoredFact<Requested>;
  readonly decided?: StoredFact<Decided> | undefined;
  readonly steps: readonly StepRecord[];
  readonly finished?: StoredFact<Finished> | undefined;
  readonly complete?: StoredFact<Complete> | undefined;
};

/** Reads a remediation from the stream; undefined when nobody requested it (or the stream forgot it). */
export async function readRemediation(bus: Bus, id: string): Promise<RemediationRecord | undefined> {
  const requested = await readFact(bus, requestedSubject(id), requestedSchema);
  if (!requested) return undefined;
  const { engine, plan } = requested.body;
  const [decided, finished, complete, steps] = await Promise.all([
    readFact(bus, decidedSubject(id, engine), decidedSchema),
    readFact(bus, finishedSubject(id), finishedSchema),
    readFact(bus, completeSubject(id), completeSchema),
    Promise.all((plan?.steps ?? []).map((step) => readStep(bus, id, step.n))),
  ]);
  return { requested, decided, steps, finished, complete };
}

/** What stands about step `n` of a remediation. */
export async function readStep(bus: Bus, id: string, n: number): Promise<StepRecord> {
  const [started, executed, verified] = await Promise.all([
    readFact(bus, startedSubject(id, n), startedSchema),
    readFact(bus, executedSubject(id, n), executedSchema),
    readFact(bus, verifiedSubject(id, n), verifiedSchema),
  ]);
  return { started, executed, verified };
}

/** The one terminal fact: `complete` for what was approved, `decided` for what was refused or a dry run. */
export type Terminal =
  | { readonly kind: 'complete'; readonly fact: Complete }
  | { readonly kind: 'decided'; readonly fact: Exclude<Decided, { verdict: 'approved' }> };

/** The end that a fact states; undefined when the remediation goes on after it. */
export function terminalOf(fact: Fact | undefined): Terminal | undefined {
  if (fact?.type === 'complete') return { kind: 'complete', fact };
  return fact?.type === 'decided' && fact.verdict !== 'approved' ? { kind: 'decided', fact } : undefined;
}
