import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '#libs/runtime/config';
import { gatewaySettingsSchema } from './config.ts';
import { scopes } from './scopes.ts';
import { identityOfToken } from './tokens.ts';

const folder = mkdtempSync(join(tmpdir(), 'hemostat-tokens-'));
afterAll(() => rmSync(folder, { recursive: true }));

const token = 'canary-token-of-some-length';
const ann = { principal: 'ann', scopes: ['observe', 'act'], token };
const tokensOf = (env: NodeJS.ProcessEnv) => readConfig(gatewaySettingsSchema, env).GATEWAY_TOKENS ?? [];
const read = (list: unknown) => tokensOf({ GATEWAY_TOKENS: JSON.stringify(list) });

/** The complaints about a value, after making sure that none of them shows the token. */
function complaints(value: unknown): readonly string[] {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const file = join(folder, 'bad.json');
  writeFileSync(file, text);
  for (const env of [{ GATEWAY_TOKENS: text }, { GATEWAY_TOKENS_FILE: file }]) {
    try {
      tokensOf(env);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      expect(error.message).not.toContain('canary');
      if (env.GATEWAY_TOKENS) continue;
      return error.problems.map(({ name, expected }) => `${name}: ${expected}`);
    }
  }
  throw new Error('the tokens were taken');
}

describe('the list of tokens', () => {
  it('comes from the environment or from a file, the same', () => {
    const file = join(folder, 'tokens.json');
    writeFileSync(file, `${JSON.stringify([ann], null, 2)}\n`);
    for (const env of [{ GATEWAY_TOKENS: JSON.stringify([ann]) }, { GATEWAY_TOKENS_FILE: file }]) {
      const known = tokensOf(env);
      expect(identityOfToken(known, token)).toEqual({ principal: 'ann', scopes: ['observe', 'act'] });
      expect(identityOfToken(known, `${token}x`)).toBeUndefined();
    }
  });

  it('needs no usable secret: a digest stands for the token, and is none itself', () => {
    const digest = createHash('sha256').update(token).digest('hex');
    for (const hex of [digest, digest.toUpperCase()]) {
      const known = read([{ principal: 'ann', scopes: ['observe'], token_sha256: hex }]);
      expect(identityOfToken(known, token)?.principal).toBe('ann');
      expect(identityOfToken(known, hex)).toBeUndefined();
    }
  });

  it('gives a principal several tokens, so that one can be changed without a pause', () => {
    const known = read([ann, { ...ann, scopes: ['act', 'observe'], token: `${token}-next` }]);
    for (const each of [token, `${token}-next`])
      expect(identityOfToken(known, each)).toEqual({ principal: 'ann', scopes: ['observe', 'act'] });
  });

  it('finds each principal by its own token, whatever its place', () => {
    const names = ['ann', 'bob', 'cleo'];
    const known = read(names.map((principal) => ({ ...ann, principal, token: `${token}-${principal}` })));
    for (const name of names) expect(identityOfToken(known, `${token}-${name}`)?.principal).toBe(name);
  });

  it('lets admin include every scope', () => {
    const known = read([{ ...ann, scopes: ['admin'] }]);
    expect(identityOfToken(known, token)?.scopes).toEqual(scopes);
  });
});

describe('a list that cannot be used', () => {
  it.each([
    [[ann, { ...ann, principal: 'bob' }], 'in entry 2 the field token to be another one than in entry 1'],
    [
      [ann, { ...ann, scopes: ['act'], token: `${token}2` }],
      'entry 2 the field scopes to be those of entry 1',
    ],
    [[{ ...ann, principal: 'anonymous' }], 'entry 1 the field principal to be another name'],
    [[{ ...ann, principal: 'Anonymous' }], 'entry 1 the field principal to be another name'],
    [[{ ...ann, principal: 'ann,bob' }], 'entry 1 the field principal to be 1 to 128 letters'],
    [[{ ...ann, principal: token.repeat(9) }], 'entry 1 the field principal to be 1 to 128 letters'],
    [[{ ...ann, principal: 'admin' }], 'entry 1 the field scopes to be with admin'],
    [
      [{ ...ann, scopes: [] }],
      'entry 1 the field scopes to be a list of some of observe, act, approve, admin',
    ],
    [[{ ...ann, scopes: ['root', token] }], 'entry 1 the field scopes to be a list of some of'],
    [[{ ...ann, scopes: 'admin' }], 'entry 1 the field scopes to be a list of some of'],
    [[{ ...ann, token: 'canary' }], 'entry 1 the field token to be 16 to 512 visible ASCII'],
    [[{ ...ann, token: 'canary with some spaces' }], 'entry 1 the field token to be 16 to 512 visible ASCII'],
    [[{ ...ann, token: undefined }], 'entry 1 the field token to be there, or token_sha256'],
    [[{ ...ann, token_sha256: 'a'.repeat(64) }], 'entry 1 the field token to be there, or token_sha256'],
    [
      [{ ...ann, token: undefined, token_sha256: token }],
      'entry 1 the field token_sha256 to be 64 hex digits',
    ],
    [
      [{ ...ann, scope: ['act'] }],
      'entry 1 only the fields principal, scopes, and token or token_sha256 (found "scope")',
    ],
    [[{ ...ann, [token]: 'ann' }], 'entry 1 only the fields principal, scopes, and token or token_sha256'],
    [[token], 'entry 1 an object like'],
    [[], 'a JSON list with one entry or more'],
    [{ ann: token }, 'a JSON list with one entry or more'],
    [token, 'JSON; for example ['],
    [`[{"principal": "ann",\n "token": "${token}",}]`, 'JSON, which it stops being at line 2 column'],
    [`[{"__proto__": "${token}"}]`, 'JSON; for example ['],
  ] as const)('is refused, naming entry and field and showing no token: %j', (list, wish) => {
    const said = complaints(list);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('GATEWAY_TOKENS: ');
    expect(said[0]).toContain(wish);
  });

  it('is complained of as a whole: every entry and every field at once', () => {
    const said = complaints([
      { ...ann, principal: '' },
      ann,
      { principal: 'bob', scopes: ['fly'], token: 'x' },
    ]);
    expect(said.map((each) => /entry \d the field \w+/.exec(each)?.[0])).toEqual([
      'entry 1 the field principal',
      'entry 3 the field scopes',
      'entry 3 the field token',
    ]);
  });
});
