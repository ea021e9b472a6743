import { hash } from 'node:crypto';

/** The hash of a leaf, RFC 9162 section 2.1.1: the byte 0 goes before what it stands for. */
export function leafHash(bytes: string | Uint8Array): Buffer {
  // In UTF-8 the character 0 is the byte 0.
  if (typeof bytes === 'string') return hash('sha256', `\u0000${bytes}`, 'buffer');
  return hash('sha256', Buffer.concat([leafPrefix, bytes]), 'buffer');
}

/** The hash of a node over its two children: the byte 1 goes before them, so that no node is ever taken for a leaf. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  pair.set(left, 1);
  pair.set(right, 33);
  return hash('sha256', pair, 'buffer');
}

/** The root of a tree without leaves. */
export const emptyRoot: Buffer = hash('sha256', '', 'buffer');

const leafPrefix = Buffer.alloc(1, 0);
const pair = Buffer.alloc(65, 1);
