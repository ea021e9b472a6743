/**
 * Guarantee: a key file is made whole or not at all, and never over one that is there, so that replicas that start at
 * once end with one key. The private half is for its owner's eyes only.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** A key file that cannot be used; the message says why. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError';
}

/** The Ed25519 private key in a PEM file, made at first use. Throws a KeyFileError, or what the file system says. */
export function readOrMakePrivateKey(file: string): KeyObject {
  const text = readIfThere(file) ?? makePrivateKey(file);
  return ed25519(file, () => createPrivateKey(text));
}

/** Every Ed25519 public key in a file of PEM blocks; undefined when there is no such file. */
export function readPublicKeys(file: string): readonly KeyObject[] | undefined {
  const text = readIfThere(file);
  const blocks = text?.match(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g);
  if (text !== undefined && !blocks) throw new KeyFileError(`${file} holds no public key`);
  return blocks?.map((block) => ed25519(file, () => createPublicKey(block)));
}

/** Puts a public key into a file of public keys, before the ones that are there. Tells whether it had to. */
export function addPublicKey(file: string, key: KeyObject): boolean {
  if (readPublicKeys(file)?.some((each) => each.equals(key))) return false;
  const before = readIfThere(file) ?? '';
  const made = writeBeside(file, `${key.export({ type: 'spki', format: 'pem' })}${before}`, 0o644);
  renameSync(made, file);
  return true;
}

function makePrivateKey(file: string): string {
  const { privateKey } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const made = writeBeside(file, privateKey, 0o600);
  try {
    linkSync(made, file);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    unlinkSync(made);
  }
  return readFileSync(file, 'utf8');
}

function writeBeside(file: string, text: string, mode: number): string {
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
  const made = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const handle = openSync(made, 'wx', mode);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  return made;
}

function ed25519(file: string, read: () => KeyObject): KeyObject {
  const key = attempt(read);
  if (key?.asymmetricKeyType !== 'ed25519')
    throw new KeyFileError(`${file} holds no Ed25519 key in PEM form`);
  return key;
}

function attempt(read: () => KeyObject): KeyObject | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
