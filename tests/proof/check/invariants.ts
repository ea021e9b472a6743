import { auditWhole } from './audit-whole.ts';
import { checkpointsFit } from './checkpoints-fit.ts';
import type { Evidence, Finding } from './evidence.ts';
import { intentFirst } from './intent-first.ts';
import { noOverlap } from './no-overlap.ts';
import { nothingLost } from './nothing-lost.ts';
import { nothingTwice } from './nothing-twice.ts';
import { nothingWhileCut } from './nothing-while-cut.ts';
import { oneTrace } from './one-trace.ts';
import { sameVerdicts } from './same-verdicts.ts';

const checks: readonly ((evidence: Evidence) => Finding)[] = [
  nothingLost,
  nothingTwice,
  noOverlap,
  sameVerdicts,
  intentFirst,
  auditWhole,
  checkpointsFit,
  oneTrace,
  nothingWhileCut,
];

export function checkAll(evidence: Evidence): readonly Finding[] {
  return checks.map((check) => check(evidence));
}
