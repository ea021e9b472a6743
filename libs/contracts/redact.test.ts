import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holds } from '../../tests/proof/holds.ts';
import { redact, redactText } from './redact.ts';

describe('redaction', () => {
  it.each([
    'password',
    'PASSWORD',
    'db_password',
    'DB-Password',
    'dbPassword',
    'passwd',
    'pwd',
    'secret',
    'clientSecret',
    'client_secret_value',
    'token',
    'access_token',
    'refreshToken',
    'tokens',
    'Authorization',
    'proxy-authorization',
    'api_key',
    'apiKey',
    'api-key',
    'X-Api-Key',
    'privateKey',
    'aws_secret_access_key',
    'credentials',
    'cookie',
    'Set-Cookie',
  ])('shows nothing that stands under %s', (key) => {
    const value = { list: [{ [key]: 'canary', other: 'seen' }], [key]: { deep: ['canary'] } };
    expect(JSON.stringify(redact(value))).not.toContain('canary');
    expect(JSON.stringify(redact(value))).toContain('seen');
  });

  it.each(['tokenizer', 'keyboard', 'author', 'secretary', 'monkey', 'password_set', 'token_count'])(
    'leaves alone what only sounds like a secret: %s',
    (key) => {
      const value = key.includes('_') ? { [key]: key === 'token_count' ? 3 : true } : { [key]: 'seen' };
      expect(redact(value)).toEqual(value);
    },
  );

  it('hides a number right under the name of a secret', () => {
    expect(redact({ password: 1234 })).not.toEqual({ password: 1234 });
  });

  it.each([
    'password=canary',
    'password: canary',
    '{"password": "can ary canary"}',
    '{"password":"canary',
    '{"a":{"api_key":"canary"}}',
    'DB_PASSWORD=canary;x=1',
    'GET /callback?accessToken=canary&x=1',
    '{"clientSecret":"canary","awsSecretAccessKey":"canary"}',
    'GITHUB_TOKEN=canary',
    'Authorization: Bearer canary',
    'authorization: Basic canary12345',
    'sent Bearer canary-123456',
    'postgres://root:canary@db:5432/app',
    'https://x-token:canary@host/path?x=1',
    'curl -H "X-Api-Key: canary"',
    '{\\"password\\":\\"canary\\"}',
    'secret="canary with blanks"',
  ])('finds the secret in the text %j', (text) => {
    expect(redactText(text)).not.toContain('canary');
  });

  it('leaves alone what is left out already', () => {
    for (const text of [
      'password=canary x',
      '{"password": "canary"}',
      'Bearer canary-123456',
      'a://b:canary@c',
    ]) {
      expect(redactText(redactText(text))).toBe(redactText(text));
    }
  });

  it.each([
    'POST /containers/0123456789abcdef/restart?t=10',
    'the password was changed yesterday',
    'High CPU usage detected: 95 %',
    'http://localhost:8000/api/v1/health',
    '2026-01-01T00:00:00.000Z',
    'sha256:0123456789abcdef',
  ])('leaves the text %j as it is', (text) => {
    expect(redactText(text)).toBe(text);
  });

  it.each([
    ['a_', 1],
    ['a', 1],
    ['password', 1],
    ['token_', 1],
    ['"password":"', 1],
    ['http://', 1],
    ['Bearer ', 1],
    ['password=\\', 1],
    [' key-', 1],
  ])('takes no long time for a mebibyte of %j', (piece) => {
    const text = `key ${piece.repeat(Math.ceil((1024 * 1024) / piece.length))}`;
    const began = performance.now();
    redactText(text);
    expect(performance.now() - began).toBeLessThan(20_000);
  });
});

const secretNames = fc.constantFrom(
  'password',
  'db_password',
  'accessToken',
  'API-KEY',
  'Authorization',
  'set-cookie',
);
// No word of it is anything else's.
const canary = 'canary4711';

it('what stands under the name of a secret is not shown, however deep and whatever stands around it', () => {
  holds(
    fc.property(
      fc.jsonValue(),
      fc.array(fc.oneof(fc.constant('list'), fc.string())),
      secretNames,
      (around, way, name) => {
        const inside: unknown = way.reduceRight<unknown>(
          (value, step) => (step === 'list' ? [around, value] : { [`in ${step}`]: value, around }),
          { [name]: canary, around },
        );
        expect(JSON.stringify(redact(inside))).not.toContain(canary);
      },
    ),
  );
});

it('a secret in a text is not shown, whatever stands before and after it', () => {
  const words = fc.string({ unit: 'grapheme-ascii' });
  const signs = fc.constantFrom('=', ': ', ' = ', ':');
  holds(
    fc.property(words, secretNames, signs, words, (before, name, sign, after) => {
      expect(redactText(`${before} ${name}${sign}${canary} ${after}`)).not.toContain(canary);
    }),
  );
});

it('what was redacted stays as it is', () => {
  const names = fc.oneof(secretNames, fc.string());
  const values = fc.oneof(
    fc.jsonValue(),
    fc.tuple(names, fc.string()).map(([name, value]) => `${name}=${value}`),
  );
  holds(
    fc.property(fc.dictionary(names, values), (value) => {
      const once = redact(value);
      expect(redact(once)).toEqual(once);
    }),
  );
});
