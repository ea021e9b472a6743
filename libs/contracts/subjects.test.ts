import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holds } from '../../tests/proof/holds.ts';
import {
  completeSubject,
  decidedSubject,
  executedSubject,
  finishedSubject,
  originalOf,
  remediationIdOf,
  requestedSubject,
  startedSubject,
  storedCopyOf,
  verifiedSubject,
} from './subjects.ts';

const subjectsOf = (id: string, n: number, engine: string) => [
  requestedSubject(id),
  decidedSubject(id, engine),
  startedSubject(id, n),
  executedSubject(id, n),
  verifiedSubject(id, n),
  finishedSubject(id),
  completeSubject(id),
];
const facts = [
  fc.uuid(),
  fc.integer({ min: 1, max: 99 }),
  fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/),
] as const;

describe('the subject of a fact', () => {
  it('says whose it is', () => {
    holds(
      fc.property(...facts, (id, n, engine) =>
        subjectsOf(id, n, engine).every((subject) => remediationIdOf(subject) === id),
      ),
    );
  });

  it('is no other fact’s', () => {
    holds(
      fc.property(...facts, ...facts, (id, n, engine, otherId, otherN, otherEngine) => {
        const [one, two] = [subjectsOf(id, n, engine), subjectsOf(otherId, otherN, otherEngine)];
        expect(new Set(one).size).toBe(one.length);
        expect(id === otherId || one.every((subject) => !two.includes(subject))).toBe(true);
      }),
    );
  });

  it('comes back from its stored copy', () => {
    holds(
      fc.property(...facts, (id, n, engine) =>
        subjectsOf(id, n, engine).every((subject) => originalOf(storedCopyOf(subject)) === subject),
      ),
    );
  });
});
