import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isLong, sized } from '../proof/size.ts';
import { tell } from '../proof/tell.ts';
import { ablations } from './ablations.ts';
import { explore } from './explore.ts';
import { rules, without } from './rules.ts';
import { each, long } from './sizes.ts';

const found = { states: 0, transitions: 0, depth: 0, ablations: 0, longest_counterexample: 0, violations: 0 };
afterAll(() => tell('model', found));

describe('the protocol around a decision', () => {
  const timeout = sized({ each: 180_000, long: 3_600_000 });
  it.for(Object.entries(sized({ each, long })))('comes to one good end: %s', { timeout }, ([, bounds]) => {
    const { states, transitions, depth, harm } = explore(bounds);
    found.states += states;
    found.transitions += transitions;
    found.depth = Math.max(found.depth, depth);
    found.violations += harm === undefined ? 0 : 1;
    expect(harm, harm && `${harm.what}\n${numbered(harm.trace)}`).toBeUndefined();
    expect(states).toBeGreaterThan(1_000);
  });
});

describe('the protocol without one of its rules', () => {
  it.for(ablations.map((ablation) => [ablation.rule, ablation] as const))(
    'comes to harm: %s',
    ([rule, { bounds, harm }]) => {
      const explored = explore(bounds, without(rule));
      const { what, trace } = explored.harm ?? { what: 'no harm was found', trace: [] };
      console.log(`without ${rule}, ${trace.length} steps: ${what}${isLong ? `\n${numbered(trace)}` : ''}`);
      found.ablations += 1;
      found.longest_counterexample = Math.max(found.longest_counterexample, trace.length);
      expect(what.split(':')[0]).toBe(harm);
      expect(explore(bounds).harm).toBeUndefined();
    },
  );

  it('is tried without every rule that there is', () => {
    expect(ablations.map(({ rule }) => rule).sort()).toEqual(Object.keys(rules).sort());
  });
});

it('the rules name code that there is', () => {
  const root = join(import.meta.dirname, '../..');
  const named = readFileSync(join(import.meta.dirname, 'rules.ts'), 'utf8').matchAll(
    /((?:libs|services)\/[\w/-]+\.ts)(?:, (\w+))?/g,
  );
  const places = [...named].map(([, file = '', name = '']) => ({ file, name }));
  expect(places.length).toBeGreaterThanOrEqual(Object.keys(rules).length);
  const wrong = places.filter(({ file, name }) => !readFileSync(join(root, file), 'utf8').includes(name));
  expect(wrong).toEqual([]);
});

function numbered(trace: readonly string[]): string {
  return trace.map((label, at) => `  ${at + 1}. ${label}`).join('\n');
}
