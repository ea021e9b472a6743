import { expect, test } from 'vitest';
import { closingLine, outcomeOf, type Report } from './outcome.ts';

const report = (changes: Partial<Report> = {}): Report => ({
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [{ name: 'a.test.ts', status: 'passed', assertionResults: [{ status: 'passed' }] }],
  ...changes,
});

test('a run in which all passes is good and says how many', () => {
  const outcome = outcomeOf({ exitCode: 0, report: report() });
  expect(outcome.isGood).toBe(true);
  expect(closingLine(outcome)).toBe('3 passed, 0 failed');
});

test('skipped tests are named in the closing line', () => {
  const outcome = outcomeOf({ exitCode: 0, report: report({ numPendingTests: 1, numTodoTests: 1 }) });
  expect(closingLine(outcome)).toBe('3 passed, 0 failed, 2 skipped');
});

test.each([
  ['a failed test', 1, report({ numFailedTests: 1 })],
  [
    'a file that does not load',
    1,
    report({ testResults: [{ name: 'b.test.ts', status: 'failed', assertionResults: [] }] }),
  ],
  ['an error outside of every test', 1, report()],
  ['a run without a test', 0, report({ numPassedTests: 0 })],
  ['a vitest that wrote no report', 0, undefined],
])('%s makes the run fail', (_, exitCode, written) => {
  const outcome = outcomeOf({ exitCode, report: written });
  expect(outcome).toMatchObject({ isGood: false, failed: 1 });
});
