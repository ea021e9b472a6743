import { dryRuns } from './dry-runs.ts';
import { httpDryRuns } from './http-dry-runs.ts';
import { refusals } from './refusals.ts';
import { restartOverhead } from './restart-overhead.ts';
import { startUp } from './start-up.ts';
import { targetHealth } from './target-health.ts';

/** Every benchmark there is. Each compares with the bare limit in the same run and prints the ratio. */
const benchmarks: Record<string, () => Promise<void>> = {
  'start-up': startUp,
  'restart-overhead': restartOverhead,
  'dry-runs': dryRuns,
  refusals,
  'http-dry-runs': httpDryRuns,
  'target-health': targetHealth,
};

const chosen = process.argv.slice(2);
for (const [name, run] of Object.entries(benchmarks)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  console.log(`\n${name}`);
  await run();
}
