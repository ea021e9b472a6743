/**
 * Guarantee: safety approves nothing that it could not sign: without its key it does not start.
 */
import { createPublicKey } from 'node:crypto';
import { statSync } from 'node:fs';
import { keyIdOf, signerWith } from '#libs/contracts/decision-signature';
import type { Approved } from '#libs/contracts/facts';
import { ConfigError } from '#libs/runtime/config';
import { decisionKeyFile, decisionPublicKeyFile } from '#libs/runtime/decision-key-files';
import { addPublicKey, readOrMakePrivateKey } from '#libs/runtime/key-files';
import type { Log } from '#libs/runtime/log';

export type SignApproval = (approved: Approved) => Approved;

/** Reads the key, or makes it at the first start, and sees to it that its public half lies where executors read it. */
export function openSigning(settings: Parameters<typeof decisionKeyFile>[0], log: Log): SignApproval {
  const file = decisionKeyFile(settings);
  const privateKey = orConfigError(file, () => readOrMakePrivateKey(file));
  warnOfOpenKey(file, log);
  const publicKey = createPublicKey(privateKey);
  const keyId = keyIdOf(publicKey);
  const publicFile = decisionPublicKeyFile(settings);
  try {
    if (addPublicKey(publicFile, publicKey)) {
      log.info({ key_id: keyId, file: publicFile }, 'the public half of the key of decisions was written');
    }
  } catch (error) {
    log.warn(
      { err: error, key_id: keyId, file: publicFile },
      'the public half of the key of decisions could not be written: executors believe no decision until it stands in the file that HEMOSTAT_DECISION_PUBLIC_KEY_FILE names for them. Let safety write there, or put it there by hand: openssl pkey -in <private key file> -pubout',
    );
  }
  return signerWith(privateKey, keyId);
}

function orConfigError<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const expected =
      'an Ed25519 private key in PEM form that safety may read, or a folder in which it may make one; delete a broken one to have a new one made, or set HEMOSTAT_DECISION_KEY_FILE to another';
    throw new ConfigError([{ name: `The key of decisions, ${file}`, found: why, expected }]);
  }
}

function warnOfOpenKey(file: string, log: Log): void {
  if ((statSync(file).mode & 0o077) === 0) return;
  log.warn(
    { file },
    'the key that decisions are signed with can be read by others than its owner, and who has it can approve anything: chmod 600 it, and replace it if somebody may have read it',
  );
}
