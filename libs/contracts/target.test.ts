import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holds } from '../../tests/proof/holds.ts';
import { auditSubject, targetKey } from './subjects.ts';
import { parseTargetId, type Target, targetId, targetKinds } from './target.ts';

const targets: fc.Arbitrary<Target> = fc.record({
  engine: fc.stringMatching(/^[A-Za-z0-9_-]{1,63}$/),
  kind: fc.constantFrom(...targetKinds),
  name: fc.oneof(
    fc.string({ minLength: 1, maxLength: 60, unit: 'binary' }),
    fc.stringMatching(/^[a-z.]{1,9}(\/[a-z.*> ]{1,9}){0,2}$/),
  ),
});

describe('a target', () => {
  it('comes back from its id, whatever its name', () => {
    holds(
      fc.property(targets, (target) => {
        expect(parseTargetId(targetId(target))).toEqual(target);
      }),
    );
  });

  it('has a key of its own, which is two tokens long', () => {
    holds(
      fc.property(targets, targets, (one, two) => {
        expect(targetKey(one)).toMatch(/^target\.[A-Za-z0-9_=-]+$/);
        expect(targetKey(one) === targetKey(two)).toBe(targetId(one) === targetId(two));
      }),
    );
  });

  it('has an audit subject of three tokens', () => {
    holds(fc.property(targets, (target) => auditSubject(target).split('.').length === 3));
  });

  it('is read from a text without a throw, and only from the id of one', () => {
    holds(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-z]*\/[a-z]*\/.*$/)), (text) => {
        const target = parseTargetId(text);
        expect(target === undefined || targetId(target) === text).toBe(true);
      }),
    );
  });
});
