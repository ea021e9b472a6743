import { readFileSync } from 'node:fs';
import type { z } from 'zod';

export {
  commaList,
  flag,
  type NumberLimits,
  nonNegativeInteger,
  port,
  seconds,
  type UrlOptions,
  url,
} from './settings.ts';

export interface ConfigProblem {
  readonly name: string;
  readonly found: string;
  /** What would do, with an example. */
  readonly expected: string;
}

/** Settings that cannot be used, all of them at once. The message is written for whoever set them. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'CONFIG';
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const head =
      problems.length === 1 ? 'A setting cannot be used:' : `${problems.length} settings cannot be used:`;
    const lines = problems.map(
      ({ name, found, expected }) => `  ${name}: found ${found}; expected ${expected}`,
    );
    super([head, ...lines].join('\n'));
    this.problems = problems;
  }
}

/**
 * Reads the schema's keys from `env`. An empty string counts as unset. `<KEY>_FILE` may name a file that holds
 * the value, e.g. a mounted secret; one trailing newline is cut. Throws a ConfigError that lists every problem.
 */
export function readConfig<S extends z.ZodObject>(schema: S, env: NodeJS.ProcessEnv): z.output<S> {
  const keys = Object.keys(schema.shape);
  const settings = new Map(keys.map((key) => [key, find(key, env, keys)]));
  const given = [...settings].flatMap(([key, { text }]) => (text === undefined ? [] : [[key, text]]));
  const parsed = schema.safeParse(Object.fromEntries(given));

  const unread = [...settings.values()].flatMap(({ problem }) => problem ?? []);
  const invalid = (parsed.error?.issues ?? []).flatMap((issue) => {
    const name = String(issue.path[0] ?? '');
    const setting = settings.get(name);
    return setting?.problem
      ? []
      : { name: name || 'together', found: show(name, setting), expected: wish(issue) };
  });
  const problems = [...unread, ...invalid];
  if (problems.length > 0 || !parsed.success) throw new ConfigError(problems);
  return parsed.data;
}

interface Setting {
  readonly text?: string;
  readonly fromFile?: boolean;
  readonly problem?: ConfigProblem;
}

function find(key: string, env: NodeJS.ProcessEnv, keys: readonly string[]): Setting {
  const text = env[key] || undefined;
  const fileKey = `${key}_FILE`;
  // A setting may itself be called X_FILE beside X; then it is not the file form of X.
  const file = keys.includes(fileKey) ? undefined : env[fileKey] || undefined;
  if (file === undefined) return text === undefined ? {} : { text };
  if (text === undefined) return readSetting(fileKey, file);
  return {
    problem: { name: key, found: `a value, and ${fileKey} as well`, expected: 'only one of the two' },
  };
}

function readSetting(name: string, file: string): Setting {
  const expected = 'the path of a readable file that holds the value';
  try {
    const text = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    if (text !== '') return { text, fromFile: true };
    return { problem: { name, found: `${quote(file)}, which is empty`, expected } };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : 'unknown error';
    return { problem: { name, found: `${quote(file)}, which cannot be read (${code})`, expected } };
  }
}

const secretName = /TOKEN|SECRET|PASS|KEY|SEED|CREDENTIAL|AUTH|PRIVATE/i;

function show(name: string, setting: Setting | undefined): string {
  if (setting === undefined) return 'settings that do not go together';
  if (setting.text === undefined) return 'nothing';
  if (setting.fromFile || secretName.test(name)) return 'a value that is not shown here';
  return quote(setting.text.replace(/\/\/.*@/s, '//…@'));
}

function wish(issue: z.core.$ZodIssue): string {
  // Zod's own texts, for schemas without one of ours, go "Too small: expected string to have >=8 characters".
  if (issue.code !== 'invalid_value') return issue.message.replace(/^.*: expected |, received \w+$/g, '');
  return `one of ${issue.values.join(', ')}, for example ${String(issue.values[0])}`;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
