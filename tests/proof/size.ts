import { afterEach } from 'vitest';

/** How much a proof does: little in every run of the tests, much with `npm run proof`. */
export const isLong = process.env.HEMOSTAT_PROOF === 'long';

export const sized = <T>(size: { readonly each: T; readonly long: T }): T => (isLong ? size.long : size.each);

/** What chance is drawn from, so that a run can be repeated: set HEMOSTAT_PROOF_SEED to the one that was printed. */
export const seed = Number(process.env.HEMOSTAT_PROOF_SEED ?? Date.now() % 2_147_483_647);

// What is told at the end of a proof is not told by one that breaks off before.
afterEach(({ task }) => {
  if (task.result?.state === 'fail') console.log(`drawn from HEMOSTAT_PROOF_SEED=${seed}`);
});
