import { afterEach } from 'vitest';

/** How much a proof does: little in every run of the tests, much with `npm run proof`. */
export const isLong = process.env.HEMOSTAT_PROOF === 'long';

export const sized = <T>(size: { readonly each: T; readonly long: T }): T => (isLong ? size.long : size.each);

const usual = 20_261_123;

/**
 * What chance is drawn from: always the same in a run of the tests, so that a change is judged by itself, and a new one
 * at full size. To repeat a run set HEMOSTAT_PROOF_SEED to the one that was printed.
 */
export const seed = Number(process.env.HEMOSTAT_PROOF_SEED ?? (isLong ? Date.now() % 2_147_483_647 : usual));

// What is told at the end of a proof is not told by one that breaks off before.
afterEach(({ task }) => {
  if (task.result?.state === 'fail') console.log(`drawn from HEMOSTAT_PROOF_SEED=${seed}`);
});
