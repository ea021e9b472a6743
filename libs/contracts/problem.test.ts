import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holds } from '../../tests/proof/holds.ts';
import { isProblemCode, Problem, problems } from './problem.ts';

const codes = Object.keys(problems).filter(isProblemCode);

describe('a problem', () => {
  it('has no code that only every object has', () => {
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'valueOf']) {
      expect(isProblemCode(name)).toBe(false);
    }
  });

  it('has a code of the table, and no other text is one', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.constantFrom(...codes),
      fc.constantFrom('constructor', 'toString'),
    );
    holds(fc.property(texts, (text) => isProblemCode(text) === Object.keys(problems).includes(text)));
  });

  it('is told with its code, a title, a status of an error and its detail, whatever that is', () => {
    const fields = fc.array(fc.record({ field: fc.string(), message: fc.string() }));
    holds(
      fc.property(fc.constantFrom(...codes), fc.string(), fields, (code, detail, errors) => {
        const { status, title, ...told } = new Problem(code, detail, { errors }).toDocument();
        expect(told).toMatchObject({ code, detail, type: `urn:hemostat:problem:${code}` });
        expect(title).toBeTypeOf('string');
        expect(status).toSatisfy((number: number) => number >= 400 && number < 600);
        expect(told.errors).toEqual(errors.length > 0 ? errors : undefined);
      }),
    );
  });
});
