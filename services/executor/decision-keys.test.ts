import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { keyIdOf } from '#libs/contracts/decision-signature';
import { systemClock } from '#libs/runtime/clock';
import { createHealth } from '#libs/runtime/health';
import { addPublicKey } from '#libs/runtime/key-files';
import { createLog } from '#libs/runtime/log';
import { until } from '#libs/testing/until';
import { openDecisionKeys } from './decision-keys.ts';

const log = createLog({ service: 'test', level: 'silent', format: 'json' });
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hemostat-keys-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('an executor waits for the public key, says so, and finds later ones too', async () => {
  const file = join(folder, 'keys', 'decision-public.pem');
  const health = createHealth();
  const settings = { HEMOSTAT_DATA_DIR: folder };
  await using keys = openDecisionKeys({ settings, clock: systemClock, log, health });
  expect(keys.known()).toBeUndefined();
  expect(health.snapshot().parts.decision_keys).toMatchObject({
    ok: false,
    cause: expect.stringContaining(file),
    remedy: expect.stringContaining('start safety'),
  });
  const [first, second] = [
    generateKeyPairSync('ed25519').publicKey,
    generateKeyPairSync('ed25519').publicKey,
  ];
  addPublicKey(file, first);
  await until('it is found', () => keys.known());
  expect(health.snapshot().ok).toBe(true);
  addPublicKey(file, second);
  expect([...(keys.readAgain()?.keys() ?? [])].sort()).toEqual([keyIdOf(first), keyIdOf(second)].sort());
});
