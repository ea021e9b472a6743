import type { Run } from './run.ts';

const lastLines = 60;

/** What a person needs of a seed that failed: what was broken, what happened last, and how to see it again. */
export function failureText({ seed, violations, history }: Run): string {
  return [
    `seed ${seed}: ${violations.map(({ invariant, what }) => `${invariant}: ${what}`).join('; ')}`,
    ...history.lines.slice(-lastLines),
    `alone again: HEMOSTAT_PROOF_SEED=${seed} npx vitest run tests/simulation/simulation.test.ts -t lost`,
  ].join('\n');
}
