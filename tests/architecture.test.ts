import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Who may import whom: the folder on the left may import the folders on the right, and itself. */
const mayImport: Record<string, readonly string[]> = {
  'libs/contracts': ['package.json'],
  'libs/runtime': ['libs/contracts'],
  'libs/bus': ['libs/contracts', 'libs/runtime'],
  'libs/actions': ['libs/contracts'],
  'libs/runbooks': ['libs/contracts', 'libs/actions'],
  'services/gateway': ['libs/contracts', 'libs/runtime', 'libs/bus', 'libs/actions', 'libs/runbooks'],
  'services/safety': ['libs/contracts', 'libs/runtime', 'libs/bus', 'libs/actions'],
  'services/executor': ['libs/contracts', 'libs/runtime', 'libs/bus', 'libs/actions'],
  'services/docker-guard': ['libs/contracts', 'libs/runtime', 'libs/actions'],
  'services/verifier': ['libs/contracts', 'libs/runtime', 'libs/bus'],
  'services/audit': ['libs/contracts', 'libs/runtime', 'libs/bus'],
  cli: ['libs/contracts', 'libs/runtime', 'libs/bus', 'services/*'],
  nats: ['libs/contracts', 'libs/runtime', 'libs/bus'],
  demo: ['libs/contracts', 'libs/runtime', 'cli'],
  examples: [],
};

/** The one home (or few) of each third-party client. Packages that are not listed may be used anywhere. */
const homes: Record<string, readonly string[]> = {
  '@nats-io/': ['libs/bus', 'examples'],
  '@redis/': ['examples'],
  dockerode: ['services/executor', 'demo'],
  fastify: ['services/gateway'],
  '@fastify/': ['services/gateway'],
  redoc: ['services/gateway'],
  undici: ['services/verifier', 'services/executor'],
  pino: ['libs/runtime'],
  'pino-pretty': ['libs/runtime'],
  '@opentelemetry/sdk': ['libs/runtime'],
  '@opentelemetry/exporter': ['libs/runtime'],
};

type Import = {
  readonly file: string;
  readonly home: string;
  readonly specifier: string;
  readonly typeOnly: boolean;
};

const root = join(import.meta.dirname, '..');
const folders = Object.keys(mayImport);
const homeOf = (path: string): string => folders.find((folder) => path.startsWith(`${folder}/`)) ?? path;

const imports: readonly Import[] = globSync('{cli,demo,examples,libs,nats,services}/**/*.ts', { cwd: root })
  .filter((file) => !file.endsWith('.test.ts') && !file.startsWith('libs/testing/'))
  .flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    return [...text.matchAll(/^(?:import|export)\s(type\s)?[^;]*?from '([^']+)'|^import '([^']+)'/gms)].map(
      (found) => ({
        file,
        home: homeOf(file),
        specifier: found[2] ?? found[3] ?? '',
        typeOnly: found[1] !== undefined,
      }),
    );
  });

function target({ file, specifier }: Import): string | undefined {
  if (specifier.startsWith('#libs/')) return `libs/${specifier.slice('#libs/'.length)}.ts`;
  return specifier.startsWith('.') ? normalize(join(dirname(file), specifier)) : undefined;
}

const isTestFile = (file: string): boolean => /\.test\.ts$/.test(file) || file.startsWith('libs/testing/');

describe('architecture', () => {
  it('has imports to check', () => {
    expect(imports.length).toBeGreaterThan(100);
  });

  it('lets each folder import only what the table allows', () => {
    const wrong = imports.filter((each) => {
      const path = target(each);
      if (path === undefined || homeOf(path) === each.home) return false;
      const allowed = mayImport[each.home] ?? [];
      return !allowed.some((folder) => path === folder || path.startsWith(folder.replace('*', '')));
    });
    expect(wrong.map(({ file, specifier }) => `${file} imports ${specifier}`)).toEqual([]);
  });

  it('keeps every third-party client in its home', () => {
    const wrong = imports.filter(({ file, specifier, typeOnly, home }) => {
      const client = Object.keys(homes).find(
        (name) =>
          specifier === name ||
          specifier.startsWith(name.endsWith('/') ? name : `${name}/`) ||
          (name.includes('@opentelemetry') && specifier.startsWith(name)),
      );
      return client !== undefined && !typeOnly && !isTestFile(file) && !(homes[client] ?? []).includes(home);
    });
    expect(wrong.map(({ file, specifier }) => `${file} imports ${specifier}`)).toEqual([]);
  });

  it('lets only tests import the test ground', () => {
    const wrong = imports.filter((each) => target(each)?.startsWith('libs/testing/'));
    expect(wrong.map(({ file }) => file)).toEqual([]);
  });

  it('knows every folder that has code', () => {
    const unknown = imports.filter(({ home }) => !folders.includes(home)).map(({ file }) => file);
    expect(unknown).toEqual([]);
  });
});
