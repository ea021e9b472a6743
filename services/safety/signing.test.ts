import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { disbeliefIn, keyIdOf } from '#libs/contracts/decision-signature';
import type { Approved } from '#libs/contracts/facts';
import { ConfigError } from '#libs/runtime/config';
import { readPublicKeys } from '#libs/runtime/key-files';
import { createLog } from '#libs/runtime/log';
import { aRequested, aTarget } from '#libs/testing/examples';
import { openSigning } from './signing.ts';

const log = createLog({ service: 'test', level: 'silent', format: 'json' });
const target = aTarget('web');
const { remediation_id, at, plan, expires_at } = aRequested({
  id: '11111111-1111-4111-8111-111111111111',
  target,
});
if (!plan) throw new Error('the example has no plan');
const approved: Approved = {
  ...{ type: 'decided', verdict: 'approved', gates: [] },
  ...{ remediation_id, at, plan, expires_at, grants: [{ target, epoch: 1 }] },
};
let folder: string;
let settings: { readonly HEMOSTAT_DATA_DIR: string };
const publicFile = () => join(folder, 'keys', 'decision-public.pem');
const believed = () =>
  new Map((readPublicKeys(publicFile()) ?? []).map((key) => [keyIdOf(key), key] as const));

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hemostat-signing-'));
  settings = { HEMOSTAT_DATA_DIR: folder };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('replicas that share a data folder sign the same approval alike, and it is believed', async () => {
  const [one, other] = [openSigning(settings, log), openSigning(settings, log)];
  const signed = one(approved);
  expect(other(approved)).toEqual(signed);
  expect(disbeliefIn(JSON.parse(JSON.stringify(signed)), believed())).toBeUndefined();
  expect((await stat(join(folder, 'keys', 'decision-private.pem'))).mode & 0o077).toBe(0);
});

it('after the key was replaced both what was signed before and what is signed now is believed', async () => {
  const before = openSigning(settings, log)(approved);
  await rm(join(folder, 'keys', 'decision-private.pem'));
  const after = openSigning(settings, log)(approved);
  expect(after.signature?.key_id).not.toBe(before.signature?.key_id);
  expect([before, after].map((each) => disbeliefIn(each, believed()))).toEqual([undefined, undefined]);
});

it('does not start on a key that cannot be used, and says what to do', async () => {
  openSigning(settings, log);
  await writeFile(join(folder, 'keys', 'decision-private.pem'), 'nonsense');
  expect(() => openSigning(settings, log)).toThrow(ConfigError);
  expect(() => openSigning(settings, log)).toThrow(/holds no Ed25519 key[\s\S]*delete a broken one/);
});
