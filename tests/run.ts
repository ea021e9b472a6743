import { closingLine, type Outcome, outcomeOf } from './run/outcome.ts';
import { openPlace } from './run/place.ts';
import { runVitest } from './run/vitest.ts';

const stopped = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // The second one ends this process at once; the place of the tests goes with it all the same.
  process.once(signal, () => stopped.abort());
}

async function run() {
  await using place = await openPlace();
  console.log(place.description);
  return outcomeOf(await runVitest(place, process.argv.slice(2), stopped.signal));
}

const outcome = await run().catch((error: unknown): Outcome => {
  console.error(error instanceof Error ? error.message : error);
  return { passed: 0, failed: 1, skipped: 0, isGood: false, remarks: [] };
});
if (stopped.signal.aborted) console.error('stopped by a signal');
else for (const remark of outcome.remarks) console.error(remark);
console.log(closingLine(outcome));
process.exitCode = outcome.isGood && !stopped.signal.aborted ? 0 : 1;
