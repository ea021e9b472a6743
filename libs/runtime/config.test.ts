import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { ConfigError, port, readConfig, seconds } from './config.ts';

const folder = mkdtempSync(join(tmpdir(), 'config-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function problemsOf(schema: z.ZodObject, env: NodeJS.ProcessEnv) {
  try {
    readConfig(schema, env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('the settings were taken');
}

const token = z.object({ API_TOKEN: z.string().min(8) });

test('only the keys of the schema are read, and an empty string counts as unset', () => {
  const schema = z.object({ PORT: port(9000), NAME: z.string().optional() });
  expect(readConfig(schema, { PORT: '', NAME: '', OTHER: 'x' })).toEqual({ PORT: 9000 });
});

test('every bad setting is listed at once: name, what was found, what would do', () => {
  const schema = z.object({ PORT: port(9000), WAIT: seconds({ max: 60 }), FORMAT: z.enum(['json', 'text']) });
  const { message, problems } = problemsOf(schema, { PORT: '90000', FORMAT: 'xml' });
  expect(message).toBe(
    [
      '3 settings cannot be used:',
      '  PORT: found "90000"; expected a port from 0 to 65535, for example 9000',
      '  WAIT: found nothing; expected a number of seconds from 0 to 60, for example 1',
      '  FORMAT: found "xml"; expected one of json, text, for example json',
    ].join('\n'),
  );
  expect(problems.map(({ name }) => name)).toEqual(['PORT', 'WAIT', 'FORMAT']);
});

test('a secret comes from its file, without the newline that editors add', () => {
  expect(readConfig(token, { API_TOKEN_FILE: file('good', ' s3cret-value \n') })).toEqual({
    API_TOKEN: ' s3cret-value ',
  });
  expect(readConfig(token, { API_TOKEN_FILE: file('crlf', 's3cret-value\r\n') })).toEqual({
    API_TOKEN: 's3cret-value',
  });
});

test('an empty variable beside its file counts as unset, and the other way round', () => {
  const path = file('pair', 's3cret-value');
  expect(readConfig(token, { API_TOKEN: '', API_TOKEN_FILE: path })).toEqual({ API_TOKEN: 's3cret-value' });
  expect(readConfig(token, { API_TOKEN: 's3cret-value', API_TOKEN_FILE: '' })).toEqual({
    API_TOKEN: 's3cret-value',
  });
});

test('a file that is missing, a folder or empty is named with its variable, once', () => {
  for (const [path, why] of [
    [join(folder, 'absent'), 'ENOENT'],
    [folder, 'EISDIR'],
    [file('blank', '\n'), 'empty'],
  ] as const) {
    const { problems } = problemsOf(token, { API_TOKEN_FILE: path });
    expect(problems).toMatchObject([{ name: 'API_TOKEN_FILE', found: expect.stringContaining(why) }]);
  }
});

test('a value and its file together are refused, because one of them would be ignored', () => {
  const env = { API_TOKEN: 's3cret-value', API_TOKEN_FILE: file('both', 's3cret-value') };
  const { message } = problemsOf(token, env);
  expect(message).toContain(
    'API_TOKEN: found a value, and API_TOKEN_FILE as well; expected only one of the two',
  );
});

test('a setting that is itself called X_FILE is not taken for the file form of X', () => {
  const schema = z.object({ AUDIT: z.string().optional(), AUDIT_FILE: z.string() });
  expect(readConfig(schema, { AUDIT_FILE: 'audit.log' })).toEqual({ AUDIT_FILE: 'audit.log' });
});

test('no secret is shown: not by name, not from a file, not inside a URL', () => {
  const canary = 'canary';
  const schema = z.object({
    API_TOKEN: z.string().min(8),
    PIN: z.enum(['a', 'b']),
    NATS_URL: z.literal('x'),
  });
  const env = {
    API_TOKEN: canary,
    PIN_FILE: file('pin', canary),
    NATS_URL: `nats://${canary}:/${canary}@host:4222`,
  };
  const { message, problems } = problemsOf(schema, env);
  expect(problems).toHaveLength(3);
  expect(message).not.toContain(canary);
  expect(message).toContain('nats://…@host:4222');
});

test('settings that are fine each but not together are reported too', () => {
  const schema = z
    .object({ MIN: seconds({ default: 5 }), MAX: seconds({ default: 1 }) })
    .refine(({ MIN, MAX }) => MIN <= MAX, { error: 'MIN to be at most MAX, for example 1 and 5' });
  const { message } = problemsOf(schema, {});
  expect(message).toContain(
    'together: found settings that do not go together; expected MIN to be at most MAX',
  );
});

test('a value that is long or holds control characters is shown cut and escaped', () => {
  const { message } = problemsOf(z.object({ PORT: port() }), { PORT: `\u001b[2J${'9'.repeat(500)}` });
  expect(message).toContain('found "\\u001b[2J999');
  expect(message.length).toBeLessThan(200);
});
