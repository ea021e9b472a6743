import { appendFileSync } from 'node:fs';

export type Found = Readonly<Record<string, string | number>>;

/** Says what a proof did and found, on the terminal and, in a long run, for the report. */
export function tell(suite: string, found: Found): void {
  const words = Object.entries(found).map(([name, value]) => `${name}=${value}`);
  console.log(`proof ${suite}: ${words.join(' ')}`);
  const file = process.env.HEMOSTAT_PROOF_REPORT;
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ suite, found })}\n`);
}
