import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keyIdOf, signerWith } from '#libs/contracts/decision-signature';

const { privateKey } = generateKeyPairSync('ed25519');
const publicKey = createPublicKey(privateKey);

/** Signs as safety does, with a key of this test file's own. */
export const signAsSafety = signerWith(privateKey, keyIdOf(publicKey));

/** Puts that key into a data folder, for the services under test: a safety signs with it, an executor believes it. */
export async function keepDecisionKeys(dataDir: string): Promise<void> {
  const folder = join(dataDir, 'keys');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'decision-private.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }), {
    mode: 0o600,
  });
  await writeFile(join(folder, 'decision-public.pem'), publicKey.export({ type: 'spki', format: 'pem' }));
}
