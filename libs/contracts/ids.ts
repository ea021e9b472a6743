import { createHash, randomUUID } from 'node:crypto';

function uuidOf(...parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:${part},`);
  const bytes = hash.digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** The id of a request that brought its own key: the same principal and key always give the same id. */
export function idFromKey(principal: string, key: string): string {
  return uuidOf('key', principal, key);
}

/** The id of an inbox message without a key: the same stored message always gives the same id. */
export function idFromInbox(stream: string, streamCreatedAt: string, sequence: number): string {
  return uuidOf('inbox', stream, streamCreatedAt, String(sequence));
}

/** Only for an HTTP request without a key. */
export function freshId(): string {
  return randomUUID();
}
