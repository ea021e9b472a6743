import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holds } from '../../tests/proof/holds.ts';
import { auditSubject, deadSubject, principalOfInbox, targetKey } from './subjects.ts';
import { targetKinds } from './target.ts';
import { decodeToken, encodeToken } from './token.ts';

describe('encodeToken', () => {
  it('keeps plain names readable', () => {
    expect(encodeToken('web-app_1')).toBe('web-app_1');
    expect(encodeToken('web.app 1*>')).toBe('web=2Eapp=201=2A=3E');
  });

  it('never changes the number of tokens of a subject, whatever the name', () => {
    const target = fc.record({
      engine: fc.stringMatching(/^[A-Za-z0-9_-]{1,63}$/),
      kind: fc.constantFrom(...targetKinds),
      name: fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }),
    });
    holds(
      fc.property(target, (each) => {
        expect(auditSubject(each).split('.')).toHaveLength(3);
        expect(targetKey(each)).toMatch(/^target\.[A-Za-z0-9_=-]+$/);
      }),
      { atLeast: 5_000 },
    );
    holds(fc.property(fc.string(), (reason) => deadSubject(`x${reason}`).split('.').length === 3));
  });

  it('gives different names different tokens, and the name back', () => {
    holds(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        fc.pre(name.isWellFormed());
        expect(decodeToken(encodeToken(name))).toBe(name);
      }),
      { atLeast: 5_000 },
    );
  });

  it('refuses tokens that it cannot have made', () => {
    for (const bad of ['a.b', '=', '=2', '=zz', '=2e', 'a b'])
      expect(() => decodeToken(bad)).toThrow(RangeError);
  });
});

describe('principalOfInbox', () => {
  it('takes the token after the inbox subject, and anonymous without one', () => {
    expect(principalOfInbox('hemostat.remediation_needed')).toBe('anonymous');
    expect(principalOfInbox('hemostat.remediation_needed.agent-7')).toBe('agent-7');
    expect(principalOfInbox('hemostat.remediation_needed.agent-7.more')).toBe('agent-7');
  });
});
