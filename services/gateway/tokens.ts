import { createHash, timingSafeEqual } from 'node:crypto';
import type { Identity } from './scopes.ts';

/** A bearer token that is known here, kept as its SHA-256 only. */
export type KnownToken = { readonly identity: Identity; readonly digest: Buffer };

/** What a bearer token may look like. */
export const tokenPattern = /^[\x21-\x7e]{16,512}$/;
export const tokenWish = '16 to 512 visible ASCII characters without spaces';

export function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Whose token it is; undefined when it is nobody's. */
export function identityOfToken(known: readonly KnownToken[], given: string): Identity | undefined {
  const digest = digestOf(given);
  let found: Identity | undefined;
  // Digests of one length, all of them, to the end: the time tells neither how much of a token was right nor whose it is.
  for (const token of known) {
    if (timingSafeEqual(token.digest, digest)) found = token.identity;
  }
  return found;
}
