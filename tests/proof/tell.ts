import { appendFileSync } from 'node:fs';
import { expect } from 'vitest';

export type Found = Readonly<Record<string, string | number>>;

/** Says what a proof did and found, on the terminal and, in a long run, for the report. */
export function tell(suite: string, found: Found): void {
  const words = Object.entries(found).map(([name, value]) => `${name}=${value}`);
  console.log(`proof ${suite}: ${words.join(' ')}`);
  const report = process.env.HEMOSTAT_PROOF_REPORT;
  // Whether its tests pass is not known yet: many tell before they judge, so that a failure has its figures, too.
  const file = expect.getState().testPath ?? '';
  if (report !== undefined) appendFileSync(report, `${JSON.stringify({ suite, file, found })}\n`);
}
