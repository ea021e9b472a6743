/**
 * Guarantee: a note that `openNote` opens was signed with the one key that is named, to the byte. The form is that of
 * C2SP signed-note, so that other programs read and check it, too.
 */
import { createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';

/** A public key and whose it is. */
export type Verifier = { readonly name: string; readonly id: Buffer; readonly publicKey: KeyObject };
export type Signer = { readonly verifier: Verifier; readonly privateKey: KeyObject };

const ed25519 = 0x01;
const mark = '\u2014 ';

export function signerOf(name: string, privateKey: KeyObject): Signer {
  const publicKey = createPublicKey(privateKey);
  return { privateKey, verifier: { name, id: keyId(name, rawKey(publicKey)), publicKey } };
}

/** `name+id+key`, the one line to pin. */
export function writeVerifier({ name, id, publicKey }: Verifier): string {
  return `${name}+${id.toString('hex')}+${typed(rawKey(publicKey)).toString('base64')}`;
}

/** Undefined when the text is no verifier key, or none of Ed25519. */
export function readVerifier(text: string): Verifier | undefined {
  const [, name = '', id = '', key = ''] = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text.trim()) ?? [];
  const bytes = Buffer.from(key, 'base64');
  const raw = bytes.subarray(1);
  if (name === '' || bytes[0] !== ed25519 || raw.length !== 32) return undefined;
  if (keyId(name, raw).toString('hex') !== id) return undefined;
  return { name, id: Buffer.from(id, 'hex'), publicKey: publicKeyOf(raw) };
}

/** `text` ends with a line break. */
export function signNote(text: string, { verifier, privateKey }: Signer): string {
  const signature = Buffer.concat([verifier.id, sign(null, Buffer.from(text), privateKey)]);
  return `${text}\n${mark}${verifier.name} ${signature.toString('base64')}\n`;
}

/** The text that was signed; undefined when the note has no signature of this verifier, or one that does not fit. */
export function openNote(note: string, { name, id, publicKey }: Verifier): string | undefined {
  const at = note.lastIndexOf('\n\n');
  if (at < 0 || !note.endsWith('\n')) return undefined;
  const text = note.slice(0, at + 1);
  const lines = note.slice(at + 2, -1).split('\n');
  const signatures = lines.map((line) => signatureIn(line));
  if (signatures.includes(undefined)) return undefined;
  const own = signatures.flatMap((each) =>
    each?.name === name && each.bytes.subarray(0, 4).equals(id) ? [each] : [],
  );
  const [first] = own;
  if (first === undefined || own.length > 1) return undefined;
  return verify(null, Buffer.from(text), publicKey, first.bytes.subarray(4)) ? text : undefined;
}

type Signature = { readonly name: string; readonly bytes: Buffer };

function signatureIn(line: string): Signature | undefined {
  const [, name, encoded = ''] = /^\u2014 ([^+\s]+) ([A-Za-z0-9+/]+={0,2})$/.exec(line) ?? [];
  const bytes = Buffer.from(encoded, 'base64');
  // A second way to write the same bytes would be a change that nobody finds.
  if (name === undefined || bytes.length < 5 || bytes.toString('base64') !== encoded) return undefined;
  return { name, bytes };
}

function keyId(name: string, raw: Buffer): Buffer {
  return hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), typed(raw)]), 'buffer').subarray(0, 4);
}

function typed(raw: Buffer): Buffer {
  return Buffer.concat([Buffer.of(ed25519), raw]);
}

function rawKey(publicKey: KeyObject): Buffer {
  return Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
}

function publicKeyOf(raw: Buffer): KeyObject {
  return createPublicKey({
    format: 'jwk',
    key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') },
  });
}
