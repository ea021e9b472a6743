import { expect, it } from 'vitest';
import { exitCodes } from './exit-codes.ts';
import { exitCodeOfRemediation, type Remediation } from './remediation.ts';

const remediation: Remediation = {
  remediation_id: 'a',
  state: 'complete',
  outcome: 'recovered',
  message: '',
  container: 'web',
  action: 'restart',
  targets: [],
  dry_run: false,
  gates: [],
  execution_log: [],
};
const entry = { step: 1, action: 'cleanup', result: {} };
const step = { n: 1, action: 'restart', command: '', calls: [], risk_level: 'none', notes: [] };
const codeOf = (change: Partial<Remediation>) => exitCodeOfRemediation({ ...remediation, ...change });

it('is well when there was nothing to do, and refused when it makes no sense there', () => {
  const outcome = 'not_applicable';
  expect(codeOf({ outcome, execution_log: [{ ...entry, status: 'skipped' }] })).toBe(exitCodes.well);
  expect(codeOf({ outcome, execution_log: [{ ...entry, status: 'not_applicable' }] })).toBe(
    exitCodes.refused,
  );
});

it('tells a dry run that would come to nothing from one that would do something', () => {
  const dry = { outcome: 'dry_run', dry_run: true, would_be: 'approved' };
  expect(codeOf({ ...dry, preview: { steps: [step] } })).toBe(exitCodes.well);
  expect(codeOf({ ...dry, preview: { steps: [{ ...step, applicable: false }] } })).toBe(exitCodes.refused);
});
