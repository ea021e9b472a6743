import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Report } from './outcome.ts';
import type { Place } from './place.ts';

const binFolder = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url));
const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));

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
  try {
    const [code] = await once(child, 'exit');
    return { exitCode: code === 0 ? 0 : 1, report: await reportIn(file) };
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function reportIn(file: string): Promise<Report | undefined> {
  return readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as Report,
    () => undefined,
  );
}
