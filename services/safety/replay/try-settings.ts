import { Problem } from '#libs/contracts/problem';
import type { ReplayRequest } from '#libs/contracts/replay';
import { ConfigError, readConfig } from '#libs/runtime/config';
import { type PolicySettings, policyFrom, policySettingsSchema } from '../config.ts';
import type { Policy } from '../policy.ts';

const names = Object.keys(policySettingsSchema.shape);

export type Tried = { readonly policy: Policy; readonly settings: Readonly<Record<string, unknown>> };

/** The settings as they are, with the ones that shall be tried in their place. Throws a `Problem` for what is none. */
export function trySettings(now: PolicySettings, tried: ReplayRequest['policy']): Tried {
  const unknown = Object.keys(tried).filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new Problem(
      'invalid_request',
      `The policy names ${unknown.join(', ')}, which no decision depends on. It takes: ${names.join(', ')}.`,
      {
        errors: unknown.map((name) => ({ field: `policy.${name}`, message: 'is no setting of the policy' })),
      },
    );
  }
  const texts = Object.entries(tried).map(([name, value]) => [name, textOf(value)] as const);
  const read = new Map<string, unknown>(Object.entries(parsed(Object.fromEntries(texts))));
  const settings = { ...now, ...Object.fromEntries(texts.map(([name]) => [name, read.get(name)])) };
  const shown = Object.entries(settings).filter(([name]) => names.includes(name));
  return { policy: policyFrom(settings), settings: Object.fromEntries(shown) };
}

// To a setting an empty text is none; a lone comma is the empty list.
function textOf(value: ReplayRequest['policy'][string]): string {
  return Array.isArray(value) ? value.join(',') || ',' : String(value);
}

function parsed(texts: Record<string, string>): object {
  try {
    return readConfig(policySettingsSchema, texts);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const said = error.problems.map(
      ({ name, found, expected }) => `${name}: found ${found}; expected ${expected}`,
    );
    throw new Problem('invalid_request', `The policy cannot be used. ${said.join('. ')}.`, {
      errors: error.problems.map(({ name, expected }) => ({
        field: `policy.${name}`,
        message: `must be ${expected}`,
      })),
      cause: error,
    });
  }
}
