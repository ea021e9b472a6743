import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { openPlace } from '../tests/run/place.ts';

/** Runs the benchmarks beside a Docker Engine of their own. Names as arguments choose some of them. */
const run = fileURLToPath(new URL('run.ts', import.meta.url));

await using place = await openPlace();
console.log(place.description);
const command = place.enter([process.execPath, run, ...process.argv.slice(2)]);
const child = spawn(command.program, command.args, {
  env: { ...process.env, ...place.env },
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => child.kill(signal));
const [code] = await once(child, 'exit');
process.exitCode = code === 0 ? 0 : 1;
