import { execFile } from 'node:child_process';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { addPublicKey, KeyFileError, readOrMakePrivateKey, readPublicKeys } from './key-files.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hemostat-keys-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const someKey = () => generateKeyPairSync('ed25519').publicKey;

it('makes a key that its owner alone may read, and keeps it', async () => {
  const file = join(folder, 'keys', 'private.pem');
  const made = readOrMakePrivateKey(file);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(readOrMakePrivateKey(file).equals(made)).toBe(true);
});

it('ends with one key when processes start at once', async () => {
  const file = join(folder, 'keys', 'private.pem');
  const script = `
    import { createPublicKey } from 'node:crypto';
    import { readOrMakePrivateKey } from './libs/runtime/key-files.ts';
    console.log(createPublicKey(readOrMakePrivateKey(${JSON.stringify(file)})).export({ type: 'spki', format: 'pem' }));`;
  const runs = await Promise.all(
    Array.from({ length: 4 }, () =>
      promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]),
    ),
  );
  expect(new Set(runs.map(({ stdout }) => stdout)).size).toBe(1);
});

it('keeps the public keys that are there when one is added, and adds none twice', async () => {
  const file = join(folder, 'keys', 'public.pem');
  const [old, young] = [someKey(), someKey()];
  expect([addPublicKey(file, old), addPublicKey(file, young), addPublicKey(file, old)]).toEqual([
    true,
    true,
    false,
  ]);
  expect(readPublicKeys(file)?.map((key) => key.equals(old))).toEqual([false, true]);
});

it('tells a file that is not there from one that holds something else', async () => {
  const file = join(folder, 'public.pem');
  expect(readPublicKeys(file)).toBeUndefined();
  await writeFile(file, 'no key\n');
  expect(() => readPublicKeys(file)).toThrow(KeyFileError);
  expect(() => readOrMakePrivateKey(file)).toThrow(KeyFileError);
  expect(await readFile(file, 'utf8')).toBe('no key\n');
});

it('takes no key of another kind', async () => {
  const file = join(folder, 'private.pem');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  await writeFile(file, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  expect(() => readOrMakePrivateKey(file)).toThrow('no Ed25519 key');
  expect(createPublicKey(privateKey).asymmetricKeyType).toBe('rsa');
});
