import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Report } from './outcome.ts';
import type { Place } from './place.ts';

const binFolder = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url));
const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));

const endsWithinMs = 20_000;

/** Runs vitest where the place says, its output straight to the terminal, and reads its report. */
export async function runVitest(place: Place, args: readonly string[], signal: AbortSignal) {
  const file = join(place.folder, 'report.json');
  const reporters = args.some((arg) => arg.startsWith('--reporter')) ? [] : ['--reporter=default'];
  const flags = [...reporters, '--reporter=json', `--outputFile.json=${file}`];
  const command = place.enter([process.execPath, vitest, 'run', ...args, ...flags]);
  const child = spawn(command.program, command.args, {
    env: { ...process.env, PATH: `${binFolder}${delimiter}${process.env.PATH ?? ''}`, ...place.env },
    stdio: 'inherit',
  });
  const stop = () => child.kill();
  signal.addEventListener('abort', stop);
  using _guard = endAfterReport(file, child);
  const [code] = await once(child, 'exit');
  signal.removeEventListener('abort', stop);
  return { exitCode: code === 0 ? 0 : 1, report: await reportIn(file) };
}

// A process that a test left running can keep vitest from ending, for ever, after all is reported.
function endAfterReport(file: string, child: ChildProcess): Disposable {
  let reportedAt: number | undefined;
  const watch = setInterval(() => {
    if (existsSync(file)) reportedAt ??= performance.now();
    if (reportedAt === undefined || performance.now() - reportedAt < endsWithinMs) return;
    console.error('vitest does not end: a test left something running');
    child.kill('SIGKILL');
  }, 1_000);
  return { [Symbol.dispose]: () => clearInterval(watch) };
}

async function reportIn(file: string): Promise<Report | undefined> {
  return readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as Report,
    () => undefined,
  );
}
