import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { builtInCommands } from '#libs/actions/exec/commands';
import { commandsSetting } from '#libs/actions/exec/commands-setting';

const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8');
const section = readme.split('\n## ').find((each) => each.startsWith('Look inside')) ?? '';
const rows = new Map(
  section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, name = '', takes = '']) => [name.replaceAll('`', ''), takes]),
);

it('documents every command that exec runs, and none besides', () => {
  expect([...rows.keys()]).toEqual([...builtInCommands.keys()]);
});

it('documents the short flags of each', () => {
  for (const [name, { flags = [], clusters }] of builtInCommands) {
    const short = flags.filter((flag) => /^-[A-Za-z0-9]$/.test(flag));
    const words = new Set(rows.get(name)?.match(/-[A-Za-z0-9]\b/g));
    if (clusters)
      expect({ name, missing: short.filter((flag) => !words.has(flag)) }).toEqual({ name, missing: [] });
  }
});

it('shows further commands as they are accepted', () => {
  const example = /```json\n(.*?)```/s.exec(section)?.[1] ?? '';
  expect([...commandsSetting.parse(example).keys()]).toContain('pg_isready');
});
