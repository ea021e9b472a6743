import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { until } from './until.ts';

const program = join(import.meta.dirname, '..', '..', 'cli', 'hemostat.mjs');

export type Ran = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** With `--json`: what was the only thing on stdout. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads any member of any document
  readonly json: any;
};

/** The `hemostat` command under way. */
export interface RunningCommand {
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Waits until its output has this in it. */
  says(text: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<Ran>;
}

/** Starts the command as a process of its own, with `env` and little else in its environment. */
export function startHemostat(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd = process.cwd(),
): RunningCommand {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [program, ...args], {
    cwd,
    env: { PATH, HOME, TZ: 'UTC', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(([code]): Ran => {
    const documents = args.includes('--json')
      ? stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line))
      : [];
    return { code, stdout, stderr, json: documents.length === 1 ? documents[0] : undefined };
  });
  // Whoever does not wait for it may still kill it.
  ended.catch(() => {});
  return {
    stdout: () => stdout,
    stderr: () => stderr,
    says: async (text) => {
      await until(`hemostat ${args.join(' ')} says ${text}`, () =>
        `${stdout}${stderr}`.includes(text) ? true : undefined,
      );
    },
    kill: (signal) => void child.kill(signal),
    ended,
  };
}

/** Runs the command to its end. With `--json` every line of its output must be JSON. */
export function runHemostat(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd?: string,
): Promise<Ran> {
  return startHemostat(args, env, cwd).ended;
}
