import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { parseJson } from '#libs/contracts/json';
import { usageError } from './command-error.ts';
import { pairOf } from './pair.ts';

const policySchema = z.record(z.string(), z.union([z.string(), z.number(), z.array(z.string())]));
export type Policy = z.output<typeof policySchema>;

/** Settings from a file and from the command line, where the latter go first. */
export function policyOf(file: string | undefined, set: readonly string[]): Policy {
  const pairs = set.map((text) => pairOf('set', text, 'NAME=value'));
  return { ...(file === undefined ? {} : readPolicy(file)), ...Object.fromEntries(pairs) };
}

function readPolicy(file: string): Policy {
  const text = textOf(file);
  if (!text.trimStart().startsWith('{')) return policySchema.parse(parseEnv(text));
  try {
    return policySchema.parse(parseJson(text));
  } catch {
    throw usageError(
      `--policy ${file}: this is no JSON object of settings`,
      'write {"RESPONDER_COOLDOWN_SECONDS": 600}, or lines of NAME=value',
    );
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'no reason is known';
    throw usageError(
      `--policy ${file}: the file cannot be read (${why})`,
      'name a file that this user may read',
    );
  }
}
