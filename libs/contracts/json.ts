import { createHash } from 'node:crypto';

const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);
// Looking at every key is slow; a text without these words (or an escape that may hide one) has none of the keys.
const suspicious = /proto|constructor|\\u/;

/** Parses JSON that came from outside; keys that could reach an object's prototype are refused. Throws `SyntaxError`. */
export function parseJson(text: string): unknown {
  if (!suspicious.test(text)) return JSON.parse(text);
  return JSON.parse(text, (key, value: unknown) => {
    if (FORBIDDEN.has(key)) throw new SyntaxError(`the key "${key}" is not allowed`);
    return value;
  });
}

/** One text for one value: keys sorted, no white space, `undefined` members left out. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) {
    let text = '[';
    for (const item of value) text += `${text === '[' ? '' : ','}${canonicalJson(item ?? null)}`;
    return `${text}]`;
  }
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const members = value as Readonly<Record<string, unknown>>;
  let text = '{';
  for (const key of Object.keys(members).sort()) {
    const member = members[key];
    if (member === undefined) continue;
    text += `${text === '{' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(member)}`;
  }
  return `${text}}`;
}

/** SHA-256 of the canonical JSON, as 64 hex digits. */
export function fingerprintOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}
