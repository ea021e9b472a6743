import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { Problem } from './problem.mjs';

// Under `npm run` the PATH begins with node_modules/.bin, which `npm ci` deletes; a root shell made by `su` lacks sbin.
const path = [
  ...(process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.endsWith('node_modules/.bin')),
  '/usr/local/sbin',
  '/usr/sbin',
  '/sbin',
];
const environment = { ...process.env, PATH: path.join(delimiter) };

/** Runs to the end and gives the exit code (127: no such program) and all it printed. Never rejects. */
export function outcomeOf(program, args, { env = {}, cwd } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...environment, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (bytes) => {
      output += bytes;
    });
    child.stderr.on('data', (bytes) => {
      output += bytes;
    });
    child.on('error', () => resolve({ code: 127, output: `${program}: not found` }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** What it printed; throws a problem with the last lines when it fails. */
export async function outputOf(program, args, options) {
  const { code, output } = await outcomeOf(program, args, options);
  if (code === 0) return output;
  throw new Problem(`\`${[program, ...args].join(' ')}\` failed (exit ${code}):\n${lastLines(output)}`);
}

/** Starts a program that outlives this one, its output in `log`. */
export function leaveRunning(program, args, log) {
  const child = spawn(program, args, { detached: true, env: environment, stdio: ['ignore', log, log] });
  child.on('error', () => {});
  child.unref();
  return child.pid;
}

export async function onPath(program) {
  for (const folder of path) {
    const candidate = join(folder, program);
    if (await isThere(candidate, constants.X_OK)) return candidate;
  }
  return undefined;
}

export async function isThere(file, mode = constants.F_OK) {
  return access(file, mode).then(
    () => true,
    () => false,
  );
}

export function lastLines(text, count = 12) {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
