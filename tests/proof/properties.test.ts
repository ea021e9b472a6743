import { expect, it } from 'vitest';
import { runsEach } from './holds.ts';
import { propertiesIn, testFiles } from './property-files.ts';
import { seed } from './size.ts';
import { tell } from './tell.ts';

const tests = testFiles();
const found = tests.flatMap(({ file, text }) =>
  propertiesIn(text).map((property) => ({
    file,
    costly: /^\s*\{ each: [\d_]+ \},?\s*\)/m.test(property),
  })),
);

it('at least forty properties are tried in as many cases as a proof asks for', () => {
  const full = found.filter(({ costly }) => !costly);
  expect(full.length).toBeGreaterThanOrEqual(40);
  expect(runsEach).toBeGreaterThanOrEqual(1_000);
  tell('P2', {
    properties: full.length,
    runs_each: runsEach,
    costly_properties: found.length - full.length,
    seed,
  });
});

it('no property says for itself how often it is tried, or from which seed', () => {
  const own = tests
    .filter(({ text }) => /\bfc\.(assert|configureGlobal)\(/.test(text))
    .map(({ file }) => file);
  expect(own).toEqual([]);
});
