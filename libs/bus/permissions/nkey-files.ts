/**
 * Guarantee: a key is made whole or not at all, and never over one that is there. A seed is readable by its owner, and by
 * the group where the caller says so; nothing but its public half is ever written elsewhere.
 */
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Authenticator } from '@nats-io/transport-node';
import { nkeyAuthenticator, nkeys } from '@nats-io/transport-node';

/** A file that holds no key; the message says what to do. */
export class NkeyFileError extends Error {
  override readonly name = 'NkeyFileError';
}

export type KeyFileMode = { readonly folder: number; readonly file: number };
export const forOwner: KeyFileMode = { folder: 0o700, file: 0o600 };
/** For volumes that one service alone mounts, maybe under another user of the same group. */
export const forGroup: KeyFileMode = { folder: 0o750, file: 0o640 };

/** Makes the key unless it is there; resolves with its public half. */
export async function readOrMakeNkey(file: string, mode: KeyFileMode): Promise<string> {
  const seed = (await readIfThere(file)) ?? (await make(file, mode));
  return keyOf(file, seed).getPublicKey();
}

/** Logs in with the key in a file. Throws a NkeyFileError when there is none. */
export function loginWith(file: string, seed: string): Authenticator {
  return nkeyAuthenticator(keyOf(file, seed).getSeed());
}

function keyOf(file: string, text: string): ReturnType<typeof nkeys.fromSeed> {
  try {
    const key = nkeys.fromSeed(new TextEncoder().encode(text.trim()));
    if (key.getPublicKey().startsWith('U')) return key;
  } catch {}
  throw new NkeyFileError(
    `${file} holds no key of a NATS user (a line that begins with SU). Remove it to have a new one made at the next start, or put the right one in its place.`,
  );
}

async function make(file: string, mode: KeyFileMode): Promise<string> {
  await mkdir(dirname(file), { recursive: true, mode: mode.folder });
  const made = `${file}.${randomBytes(4).toString('hex')}`;
  const seed = new TextDecoder().decode(nkeys.createUser().getSeed());
  const handle = await open(made, 'wx', mode.file);
  try {
    await handle.writeFile(`${seed}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await link(made, file);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  } finally {
    await rm(made, { force: true });
  }
  return readFile(file, 'utf8');
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
