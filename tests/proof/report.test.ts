import { expect, it } from 'vitest';
import { findingsIn, withFindings } from './report.ts';

const empty = '# Proof\n\n<!-- found: begin -->\n<!-- found: end -->\n\nMore.\n';
const passed = new Set(['kills.test.ts']);
const at = { date: '2026-01-31', commit: 'abc1234', ground: '2 cores', passed };
const kills = { suite: 'P5', file: 'kills.test.ts', found: { kills: 55, takeover_p95_ms: 4_000 } };

it('has a row for each suite, and what stands around them stays', () => {
  const report = withFindings(empty, [kills], at);
  expect(report).toContain('| P5 | kills 55, takeover p95 ms 4000 | 2026-01-31, abc1234 | 2 cores |');
  expect(report.startsWith('# Proof\n')).toBe(true);
  expect(report.endsWith('\n\nMore.\n')).toBe(true);
});

it('replaces the row of a suite that ran again, keeps those of others, and sorts them', () => {
  const once = withFindings(empty, [{ suite: 'P11', file: '', found: { n: 1 } }, kills], at);
  const again = withFindings(once, [{ ...kills, found: { kills: 550 } }], at);
  expect(again.match(/^\| P\d+/gm)).toEqual(['| P5', '| P11']);
  expect(again).toContain('kills 550');
  expect(again).not.toContain('kills 55,');
});

it('says of a suite that failed, and of one of which nobody knows, that it is so', () => {
  const report = withFindings(empty, [{ ...kills, file: 'other.test.ts' }], at);
  expect(report).toContain('| P5 | **not passed**, kills 55,');
  expect(withFindings(empty, [kills], { ...at, passed: undefined })).toContain('| P5 | **run broken off**,');
});

it('reads what the suites wrote, line by line', () => {
  expect(findingsIn(`${JSON.stringify(kills)}\n`)).toEqual([kills]);
});
