import { hash } from 'node:crypto';

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

/** Where in a text that is JSON a name stands twice in one object, as `params.command`; undefined when none does. */
export function repeatedName(text: string): string | undefined {
  const open: { readonly names: Set<string>; last: string }[] = [];
  for (const [sign, name] of text.matchAll(/("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"|[{}]/g)) {
    const inner = open.at(-1);
    if (sign === '{') open.push({ names: new Set(), last: '' });
    else if (sign === '}') open.pop();
    else if (name !== undefined && inner) {
      inner.last = String(JSON.parse(name));
      if (inner.names.has(inner.last)) return open.map(({ last }) => last).join('.');
      inner.names.add(inner.last);
    }
  }
  return undefined;
}

/** Is anything in it below more than `limit` levels? Goes no deeper itself, so it bears any depth. */
export function isDeeperThan(value: unknown, limit: number): boolean {
  if (limit < 0) return true;
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some((member: unknown) => isDeeperThan(member, limit - 1));
}

/** What a text from outside says; undefined where it is no JSON that `parseJson` takes, or deeper than `limit` levels. */
export function jsonWithin(text: string, limit: number): unknown {
  try {
    const value = parseJson(text);
    return isDeeperThan(value, limit) ? undefined : value;
  } catch {
    return undefined;
  }
}

/** One text for one value: keys sorted, no white space, `undefined` members left out. */
export function canonicalJson(value: unknown): string {
  let keepsOrder = true;
  const inOrder = sorted(value, () => {
    keepsOrder = false;
  });
  // The engine's own writer is much faster than one of ours.
  return keepsOrder ? (JSON.stringify(inOrder) ?? 'null') : written(value);
}

// An object shows members whose names are numbers first, wherever they were put; and this one name is no member.
const outOfOrder = /^\d|^__proto__$/;

function sorted(value: unknown, onOutOfOrder: () => void): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item) => sorted(item, onOutOfOrder));
  const members = value as Readonly<Record<string, unknown>>;
  const inOrder: Record<string, unknown> = {};
  for (const key of Object.keys(members).sort()) {
    if (outOfOrder.test(key)) onOutOfOrder();
    inOrder[key] = sorted(members[key], onOutOfOrder);
  }
  return inOrder;
}

function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => written(item ?? null)).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const members = value as Readonly<Record<string, unknown>>;
  const texts = Object.keys(members)
    .sort()
    .filter((key) => members[key] !== undefined)
    .map((key) => `${JSON.stringify(key)}:${written(members[key])}`);
  return `{${texts.join(',')}}`;
}

/** SHA-256 of the canonical JSON, as 64 hex digits. */
export function fingerprintOf(value: unknown): string {
  return hash('sha256', canonicalJson(value), 'hex');
}
