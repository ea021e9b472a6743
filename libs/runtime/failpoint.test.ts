import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { readConfig } from './config.ts';
import { failpoints, failpointsSetting } from './failpoint.ts';

const root = join(import.meta.dirname, '..', '..');
const schema = z.object({ HEMOSTAT_FAILPOINTS: failpointsSetting });
const read = (text?: string) => readConfig(schema, { HEMOSTAT_FAILPOINTS: text }).HEMOSTAT_FAILPOINTS;

/** Passes one point three times, and another one once, in a process of its own. */
function run(setting: string) {
  const code = `
    import { armFailpoints, failpoint, failpointsSetting } from '#libs/runtime/failpoint';
    armFailpoints(failpointsSetting.parse(process.argv[1]), { warn: (_, text) => console.log(text) });
    for (let time = 1; time <= 3; time += 1) {
      console.log('pass', time);
      failpoint('intent-stored');
    }
    failpoint('settled');
    console.log('end');`;
  const { signal, stdout } = spawnSync(
    process.execPath,
    ['--input-type=module-typescript', '-e', code, setting],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  return { signal, lines: stdout.trim().split('\n') };
}

test('a process passes its failpoints as if they were not there while none is named', () => {
  expect(run('')).toEqual({ signal: null, lines: ['pass 1', 'pass 2', 'pass 3', 'end'] });
});

test('a process is killed at a failpoint when it passes it for the time that was named, and warns at its start', () => {
  const { signal, lines } = run('intent-stored=2');
  expect(signal).toBe('SIGKILL');
  expect(lines.at(-1)).toBe('pass 2');
  expect(lines[0]).toContain('WILL KILL ITSELF');
});

test('of several failpoints each has its own count', () => {
  expect(run('intent-stored=4,settled').lines.at(-1)).toBe('pass 3');
});

test('a failpoint that is not there, or no number, is told with the names that there are', () => {
  for (const text of ['nowhere=1', 'settled=0', 'settled=x', 'settled,nowhere']) {
    expect(() => read(text)).toThrow(/HEMOSTAT_FAILPOINTS.*intent-stored/s);
  }
  expect([...read(' settled=2, intent-stored ')]).toEqual([
    ['settled', 2],
    ['intent-stored', 1],
  ]);
  expect(read().size).toBe(0);
});

test('each failpoint stands in the code once', () => {
  const sources = globSync('{libs,services}/**/*.ts', { cwd: root, exclude: ['**/*.test.ts'] });
  const text = sources.map((file) => readFileSync(join(root, file), 'utf8')).join('\n');
  const passed = [...text.matchAll(/\bfailpoint\('([^']+)'\)/g)].map(([, name]) => name);
  expect(passed.toSorted()).toEqual(failpoints.toSorted());
});
