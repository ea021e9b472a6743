import { isWanted, needs, targets } from './setup/needs.mjs';
import { remedyOf } from './setup/problem.mjs';
import { say } from './setup/say.mjs';
import { withSetupLock } from './setup/setup-lock.mjs';

const target = process.argv[2] ?? '';
if (!targets.includes(target)) {
  console.error(`usage: node scripts/setup.mjs ${targets.join('|')}`);
  process.exit(2);
}

const wanted = needs.filter((need) => isWanted(need, target));
if ((await missingOf(wanted)).length > 0) {
  process.exitCode = await withSetupLock(async () => fetchAll(await missingOf(wanted)));
}

async function missingOf(needs) {
  const present = await Promise.all(needs.map((need) => need.isThere()));
  return needs.filter((_, index) => !present[index]);
}

async function fetchAll(needs) {
  const outcomes = await Promise.allSettled(needs.map((need) => need.fetch()));
  let exitCode = 0;
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status === 'fulfilled') continue;
    const { name, optional } = needs[index];
    say(`${optional ? 'going on without' : 'cannot get'} ${name}: ${remedyOf(outcome.reason)}`);
    if (!optional) exitCode = 1;
  }
  return exitCode;
}
