import { expect, it } from 'vitest';
import { findingsIn, withFindings } from './report.ts';

const empty = '# Proof\n\n<!-- found: begin -->\n<!-- found: end -->\n\nMore.\n';
const at = { date: '2026-01-31', commit: 'abc1234', ground: '2 cores' };
const kills = { suite: 'P5', found: { kills: 55, takeover_p95_ms: 4_000 } };

it('has a row for each suite, and what stands around them stays', () => {
  const report = withFindings(empty, [kills], at);
  expect(report).toContain('| P5 | kills 55, takeover p95 ms 4000 | 2026-01-31, abc1234 | 2 cores |');
  expect(report.startsWith('# Proof\n')).toBe(true);
  expect(report.endsWith('\n\nMore.\n')).toBe(true);
});

it('replaces the row of a suite that ran again, keeps those of others, and sorts them', () => {
  const once = withFindings(empty, [{ suite: 'P11', found: { n: 1 } }, kills], at);
  const again = withFindings(once, [{ suite: 'P5', found: { kills: 550 } }], at);
  expect(again.match(/^\| P\d+/gm)).toEqual(['| P5', '| P11']);
  expect(again).toContain('kills 550');
  expect(again).not.toContain('kills 55,');
});

it('reads what the suites wrote, line by line', () => {
  expect(findingsIn(`${JSON.stringify(kills)}\n`)).toEqual([kills]);
});
