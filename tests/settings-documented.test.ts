import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const sources = [
  ...globSync('services/*/config.ts', { cwd: root }),
  'libs/bus/mesh-settings.ts',
  'libs/runtime/log.ts',
  'cli/mesh.ts',
  'cli/settings.ts',
];

/** Settings that are read elsewhere, or set by the system and not by a person. */
const readElsewhere = ['HEMOSTAT_NATS_SERVER', 'OTEL_EXPORTER_OTLP_ENDPOINT'];
const notForPeople = ['HOSTNAME'];

const known = new Set(
  sources.flatMap((file) =>
    [...read(file).matchAll(/^ {2}([A-Z][A-Z0-9_]+):/gm)].map(([, name]) => name ?? ''),
  ),
);
const rows = read('README.md')
  .split('\n')
  .filter((line) => /^\| `[A-Z]/.test(line))
  .map((line) => line.split('|')[1] ?? '');
const documented = new Set(
  rows.flatMap((cell) => [...cell.matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map(([, name]) => name ?? '')),
);

it('documents every setting in the README', () => {
  expect(known.size).toBeGreaterThan(30);
  expect([...known].filter((name) => !documented.has(name) && !notForPeople.includes(name))).toEqual([]);
});

it('documents no setting that is not there', () => {
  expect([...documented].filter((name) => !known.has(name) && !readElsewhere.includes(name))).toEqual([]);
});
