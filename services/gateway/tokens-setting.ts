import { z } from 'zod';
import { parseJson } from '#libs/contracts/json';
import { type Scope, scopes } from './scopes.ts';
import { digestOf, type KnownToken, tokenPattern, tokenWish } from './tokens.ts';

const exampleEntry = '{"principal": "ann", "scopes": ["observe", "act"], "token": "…"}';
const example = `[${exampleEntry}]`;
const namePattern = /^[A-Za-z0-9][A-Za-z0-9_.@:/+-]{0,127}$/;
const wished = {
  principal: '1 to 128 letters, digits or _ . @ : / + -, beginning with a letter or a digit, for example ann',
  scopes: `a list of some of ${scopes.join(', ')}, for example ["observe", "act"]`,
  token: tokenWish,
  sha256: '64 hex digits, for example from: printf %s "$TOKEN" | sha256sum',
};

const entrySchema = z
  .strictObject(
    {
      principal: z
        .string({ error: wished.principal })
        .regex(namePattern, { error: wished.principal })
        .refine((name) => name.toLowerCase() !== 'anonymous', {
          error: 'another name, because anonymous is whoever has no token (GATEWAY_ANONYMOUS_SCOPES)',
        }),
      scopes: z
        .array(z.enum(scopes, { error: wished.scopes }), { error: wished.scopes })
        .min(1, { error: wished.scopes }),
      token: z.string({ error: wished.token }).regex(tokenPattern, { error: wished.token }).optional(),
      token_sha256: z
        .string({ error: wished.sha256 })
        .regex(/^[0-9a-f]{64}$/i, { error: wished.sha256 })
        .optional(),
    },
    {
      error: (issue) =>
        issue.code === 'unrecognized_keys' ? sayUnknown(issue.keys) : `an object like ${exampleEntry}`,
    },
  )
  .superRefine(({ principal, scopes: own, token, token_sha256 }, context) => {
    const wants = (field: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [field], message });
    if ((token === undefined) === (token_sha256 === undefined))
      wants('token', 'there, or token_sha256 in its place, and not both');
    if (principal === 'admin' && !own.includes('admin'))
      wants('scopes', 'with admin, because the principal admin (GATEWAY_TOKEN) has every scope');
  });
type Entry = z.output<typeof entrySchema>;

/** The text of GATEWAY_TOKENS. What it complains of names the entry and the field, and never shows what stands there. */
export const tokensSetting = z.string().transform((text, context): readonly KnownToken[] => {
  const complain = (message: string): void => context.addIssue({ code: 'custom', message });
  const list = z.array(z.unknown()).min(1).safeParse(jsonOf(text, complain));
  if (!list.success) {
    if (context.issues.length === 0) complain(`a JSON list with one entry or more, for example ${example}`);
    return z.NEVER;
  }
  const entries = list.data.map((each) => entrySchema.safeParse(each));
  for (const [at, { error }] of entries.entries()) {
    const wishes = (error?.issues ?? []).map(({ path, message }) => wish(at, path[0], message));
    for (const each of new Set(wishes)) complain(each);
  }
  const known = entries.flatMap(({ data }) => (data ? [toKnown(data)] : []));
  if (known.length === entries.length) complainOfTwins(known, complain);
  return known;
});

function jsonOf(text: string, complain: (message: string) => void): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    // The rest of the parser's message quotes the text, and so a token.
    const place = error instanceof Error ? /line \d+ column \d+/.exec(error.message)?.[0] : undefined;
    complain(`JSON${place ? `, which it stops being at ${place}` : ''}; for example ${example}`);
    return undefined;
  }
}

function wish(at: number, field: PropertyKey | undefined, message: string): string {
  const where = `in entry ${at + 1}`;
  return field === undefined ? `${where} ${message}` : `${where} the field ${String(field)} to be ${message}`;
}

/** A key as long as a token may be one that stands in the wrong place. */
function sayUnknown(keys: readonly string[]): string {
  const shown = keys.filter((key) => key.length < 16).map((key) => JSON.stringify(key));
  const which = shown.length > 0 ? ` (found ${shown.join(', ')})` : '';
  return `only the fields principal, scopes, and token or token_sha256${which}`;
}

function toKnown({ principal, scopes: own, token, token_sha256: hex }: Entry): KnownToken {
  const effective: readonly Scope[] = own.includes('admin')
    ? scopes
    : scopes.filter((each) => own.includes(each));
  const digest = hex === undefined ? digestOf(token ?? '') : Buffer.from(hex, 'hex');
  return { identity: { principal, scopes: effective }, digest };
}

/** A principal may have several tokens, so that one can be changed without a pause; all of them open the same doors. */
function complainOfTwins(known: readonly KnownToken[], complain: (message: string) => void): void {
  for (const [at, { identity, digest }] of known.entries()) {
    const before = known.slice(0, at);
    const twin = before.findIndex((each) => each.digest.equals(digest));
    if (twin >= 0) complain(wish(at, 'token', `another one than in entry ${twin + 1}`));
    const other = before.findIndex(
      (each) =>
        each.identity.principal === identity.principal &&
        each.identity.scopes.join() !== identity.scopes.join(),
    );
    if (other >= 0) complain(wish(at, 'scopes', `those of entry ${other + 1}, which is the same principal`));
  }
}
