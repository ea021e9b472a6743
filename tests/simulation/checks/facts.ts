import {
  type Complete,
  type Decided,
  type Fact,
  type Finished,
  factSchema,
  type Requested,
  type Started,
} from '#libs/contracts/facts';
import type { StreamLog } from '../nats/log.ts';

/** What stands about one remediation in the end. */
export type Record = {
  readonly requested: Requested;
  readonly decided: readonly Decided[];
  readonly started: readonly Started[];
  readonly finished: readonly Finished[];
  readonly complete: readonly Complete[];
};

/** Reads the stream as it is, not through the code that wrote it. */
export function recordsIn(log: StreamLog): ReadonlyMap<string, Record> {
  const facts = log.entries.map(({ payload }): Fact => factSchema.parse(JSON.parse(payload)));
  const of = <T extends Fact['type']>(type: T, id: string) =>
    facts.filter(
      (fact): fact is Extract<Fact, { type: T }> => fact.type === type && fact.remediation_id === id,
    );
  return new Map(
    facts.flatMap((fact) =>
      fact.type === 'requested'
        ? [
            [
              fact.remediation_id,
              {
                requested: fact,
                decided: of('decided', fact.remediation_id),
                started: of('started', fact.remediation_id),
                finished: of('finished', fact.remediation_id),
                complete: of('complete', fact.remediation_id),
              },
            ] as const,
          ]
        : [],
    ),
  );
}
