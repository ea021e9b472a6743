import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readConfig } from '#libs/runtime/config';
import { createLog } from '#libs/runtime/log';
import { openAccess } from './access.ts';
import { gatewaySettingsSchema } from './config.ts';
import { mayUse, scopes } from './scopes.ts';

const folder = mkdtempSync(join(tmpdir(), 'hemostat-access-'));
afterAll(() => rmSync(folder, { recursive: true }));

function open(env: NodeJS.ProcessEnv) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLog({ service: 'gateway', level: 'info', format: 'json', destination });
  const settings = readConfig(gatewaySettingsSchema, { HEMOSTAT_DATA_DIR: join(folder, 'data'), ...env });
  return { access: openAccess(settings, log), log: () => lines.join('') };
}
const token = 'a-token-of-some-length';

describe('on loopback', () => {
  it('is open without a token, and says so loudly', () => {
    const { access, log } = open({});
    expect(access.open).toBe(true);
    expect(access.identify(undefined)).toEqual({ principal: 'anonymous', scopes });
    expect(log()).toContain('OPEN');
  });

  it('asks for the token when one is set', () => {
    const { access } = open({ GATEWAY_TOKEN: token });
    expect(access.open).toBe(false);
    expect(access.identify(undefined)?.scopes).toEqual([]);
    expect(access.identify(`bearer ${token}`)?.principal).toBe('admin');
    for (const wrong of [`Bearer ${token}x`, 'Bearer ', 'Basic x', token, '']) {
      expect(access.identify(wrong)).toBeUndefined();
    }
  });
});

describe('on any other address', () => {
  it('makes one admin token at the first start, for its owner only, and never shows it', () => {
    const first = open({ GATEWAY_HOST: '0.0.0.0' });
    const file = join(folder, 'data', 'gateway-admin-token');
    const made = readFileSync(file, 'utf8').trim();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(first.log()).toContain(file);
    expect(first.log()).not.toContain(made);
    expect(first.access.identify(undefined)?.scopes).toEqual([]);
    const second = open({ GATEWAY_HOST: '0.0.0.0' });
    expect(second.access.identify(`Bearer ${made}`)?.principal).toBe('admin');
  });

  it('says what to set when it cannot keep a token', () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    expect(() => open({ GATEWAY_HOST: '0.0.0.0', HEMOSTAT_DATA_DIR: file })).toThrow(
      /HEMOSTAT_DATA_DIR.*GATEWAY_TOKEN or GATEWAY_TOKENS/,
    );
  });

  it('opens only by GATEWAY_ANONYMOUS_SCOPES, and only as far as they go', () => {
    const { access, log } = open({ GATEWAY_HOST: '0.0.0.0', GATEWAY_ANONYMOUS_SCOPES: 'observe' });
    const anonymous = access.identify(undefined) ?? { principal: '', scopes: [] };
    expect([mayUse(anonymous, 'observe'), mayUse(anonymous, 'act')]).toEqual([true, false]);
    expect(log()).toContain('OPEN');
  });
});

describe('with tokens of principals', () => {
  const ann = { principal: 'ann', scopes: ['observe', 'act'], token: `${token}-of-ann` };
  const list = (...entries: readonly object[]): string => JSON.stringify(entries);

  it('is not open, also on loopback, and says who has which scopes, but never a token', () => {
    const bob = { principal: 'bob', scopes: ['observe', 'admin'], token: `${token}-of-bob` };
    const { access, log } = open({ GATEWAY_TOKENS: list(ann, bob) });
    expect(access.open).toBe(false);
    expect(access.identify(undefined)).toEqual({ principal: 'anonymous', scopes: [] });
    expect(access.identify(`Bearer ${ann.token}`)?.principal).toBe('ann');
    expect(log()).toContain('ann (observe, act), bob (admin)');
    expect(log()).not.toMatch(/OPEN|of-ann|of-bob|No principal/);
  });

  it('keeps the token of admin beside them, and refuses one token for two', () => {
    const { access, log } = open({ GATEWAY_TOKEN: token, GATEWAY_TOKENS: list(ann) });
    expect(access.identify(`Bearer ${token}`)).toEqual({ principal: 'admin', scopes });
    expect(access.identify(`Bearer ${ann.token}`)?.scopes).toEqual(['observe', 'act']);
    expect(log()).toContain('admin (admin), ann (observe, act)');
    const twice = { GATEWAY_TOKEN: token, GATEWAY_TOKENS: list(ann, { ...ann, token }) };
    expect(() => open(twice)).toThrow(/GATEWAY_TOKENS: found in entry 2 the token of GATEWAY_TOKEN/);
    expect(() => open(twice)).not.toThrow(token);
  });

  it('makes none of its own off loopback, and says when nobody is admin', () => {
    const data = join(folder, 'never-made');
    const env = { GATEWAY_HOST: '0.0.0.0', HEMOSTAT_DATA_DIR: data, GATEWAY_TOKENS: list(ann) };
    const { access, log } = open(env);
    expect(existsSync(data)).toBe(false);
    expect(access.open).toBe(false);
    expect(log()).toContain('No principal has the scope admin');
  });

  it('says that a token which was made before opens nothing any more', () => {
    const data = join(folder, 'made-before');
    const env = { GATEWAY_HOST: '0.0.0.0', HEMOSTAT_DATA_DIR: data };
    open(env);
    const file = join(data, 'gateway-admin-token');
    const { access, log } = open({ ...env, GATEWAY_TOKENS: list(ann) });
    expect(access.identify(`Bearer ${readFileSync(file, 'utf8').trim()}`)).toBeUndefined();
    expect(log()).toContain(`${file} opens nothing`);
  });

  it('opens to others only as far as GATEWAY_ANONYMOUS_SCOPES says', () => {
    const { access } = open({ GATEWAY_TOKENS: list(ann), GATEWAY_ANONYMOUS_SCOPES: 'observe' });
    expect(access.open).toBe(true);
    expect(access.identify(undefined)).toEqual({ principal: 'anonymous', scopes: ['observe'] });
  });
});
