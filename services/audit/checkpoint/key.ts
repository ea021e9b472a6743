import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readOrMakePrivateKey } from '#libs/runtime/key-files';
import { origin } from './checkpoint.ts';
import { readVerifier, type Signer, signerOf, type Verifier, writeVerifier } from './note.ts';
import { Unsigned } from './unsigned.ts';

export const checkpointKeyFile = (dataDir: string): string => join(dataDir, 'keys', 'audit-checkpoints.pem');
/** The verifier key, in one line. */
export const verifierKeyFile = (dataDir: string): string => join(dataDir, 'keys', 'audit-checkpoints.pub');

/** The key that checkpoints are signed with, made when it is first asked for. The function throws `Unsigned`. */
export function openSigner(dataDir: string): () => Signer {
  let known: Signer | undefined;
  return () => {
    known ??= readSigner(dataDir);
    return known;
  };
}

function readSigner(dataDir: string): Signer {
  const file = checkpointKeyFile(dataDir);
  try {
    const signer = signerOf(origin, readOrMakePrivateKey(file));
    publish(verifierKeyFile(dataDir), writeVerifier(signer.verifier));
    return signer;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Unsigned(
      `the key of the checkpoints cannot be used: ${why}`,
      `let the audit service read ${file}, or make it where there is none; put a broken one back from a copy`,
    );
  }
}

function publish(file: string, line: string): void {
  if (readVerifierFile(file) === undefined || readFileSync(file, 'utf8').trim() !== line) {
    writeFileSync(file, `${line}\n`, { mode: 0o644 });
    chmodSync(file, 0o644);
  }
}

/** Undefined when the file is not there or holds no verifier key. */
export function readVerifierFile(file: string): Verifier | undefined {
  try {
    return readVerifier(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
