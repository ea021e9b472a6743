/**
 * Guarantee: nobody without safety's private key can make an approval that is believed, or change any part of one.
 * What is signed is the canonical JSON of the whole fact without its signature: id, grants with engine and epochs,
 * plan, targets, expiry. Ed25519 gives the same signature for the same fact, whoever states it again.
 */
import { hash, type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';
import type { Approved } from './facts.ts';
import { canonicalJson } from './json.ts';

export const signatureSchema = z.strictObject({
  /** Which key it was signed with: the first 16 hex digits of the SHA-256 of its public half (DER). */
  key_id: z.string().regex(/^[0-9a-f]{16}$/),
  /** Base64, with padding. */
  ed25519: z.string().regex(/^[A-Za-z0-9+/]{86}==$/),
});

/** Why an approval is not believed. */
export type Disbelief = 'unsigned_decision' | 'unknown_key' | 'bad_signature';

export type PublicKeys = ReadonlyMap<string, KeyObject>;

export function keyIdOf(publicKey: KeyObject): string {
  return hash('sha256', publicKey.export({ type: 'spki', format: 'der' }), 'hex').slice(0, 16);
}

/** Makes the function that signs with one key. */
export function signerWith(privateKey: KeyObject, keyId: string): (approved: Approved) => Approved {
  return (approved) => ({
    ...approved,
    signature: { key_id: keyId, ed25519: sign(null, signedBytes(approved), privateKey).toString('base64') },
  });
}

const claimsSchema = z.looseObject({ signature: z.unknown() });

/** Looks at an approval as it came, every member of it, known or not; undefined when it is to be believed. */
export function disbeliefIn(body: unknown, keys: PublicKeys): Disbelief | undefined {
  const claims = claimsSchema.safeParse(body);
  if (!claims.success || claims.data.signature === undefined) return 'unsigned_decision';
  const signature = signatureSchema.safeParse(claims.data.signature);
  if (!signature.success) return 'bad_signature';
  const key = keys.get(signature.data.key_id);
  if (!key) return 'unknown_key';
  const given = Buffer.from(signature.data.ed25519, 'base64');
  return verify(null, signedBytes(claims.data), key, given) ? undefined : 'bad_signature';
}

function signedBytes({ signature: _, ...rest }: { readonly signature?: unknown }): Buffer {
  return Buffer.from(canonicalJson(rest));
}
