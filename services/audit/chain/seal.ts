import { hash } from 'node:crypto';
import { type AuditRecord, auditRecordSchema } from '#libs/contracts/audit-record';
import { canonicalJson, parseJson } from '#libs/contracts/json';

/** A record before it has its place in the chain. */
export type Draft = Omit<AuditRecord, 'n' | 'prev' | 'hash'>;

/** A place in the chain: the record that stands there, or before the first one. */
export type Link = { readonly n: number; readonly hash: string };

export const genesis: Link = { n: 0, hash: '0'.repeat(64) };

export type Sealed = { readonly record: AuditRecord; readonly line: string };

/** Gives a record the place after `before`. `line` is its one written form, without the line break. */
export function seal(draft: Draft, before: Link): Sealed {
  const record = { ...draft, n: before.n + 1, prev: before.hash };
  // Canonical text in two parts, so that the hash finds its place between them without a second writing.
  const members = Object.entries(record);
  const first = textOf(members.filter(([key]) => key < 'hash'));
  const rest = textOf(members.filter(([key]) => key > 'hash'));
  const own = sha256(`{${first},${rest}}`);
  return { record: { ...record, hash: own }, line: `{${first},"hash":"${own}",${rest}}` };
}

/** Without the braces. Never empty: every record has members on either side of its hash. */
function textOf(members: readonly (readonly [string, unknown])[]): string {
  return canonicalJson(Object.fromEntries(members)).slice(1, -1);
}

function sha256(text: string): string {
  return hash('sha256', text, 'hex');
}

export type ReadLine = { readonly record: AuditRecord } | { readonly why: string };

/** Reads a line and checks everything that it can prove alone: its form, to the byte, and its own hash. */
export function readLine(bytes: Uint8Array): ReadLine {
  let record: AuditRecord;
  let line: string;
  try {
    line = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    record = auditRecordSchema.parse(parseJson(line));
  } catch {
    return { why: 'the line is no record' };
  }
  // More than one text can mean the same record; only the written one counts, or a change could hide in it.
  if (canonicalJson(record) !== line) return { why: 'the line is not written as the audit writes it' };
  if (sha256(withoutHash(line, record.hash)) !== record.hash)
    return { why: `record ${record.n} was changed: its hash is not that of its content` };
  return { record };
}

/** In a canonical line only plain texts stand before the hash, so its first occurrence is the member itself. */
function withoutHash(line: string, hash: string): string {
  return line.replace(`"hash":${JSON.stringify(hash)},`, '');
}

/** Why a record cannot stand right after `before`; undefined when it can. */
export function whyNotAfter(before: Link, record: Pick<AuditRecord, 'n' | 'prev'>): string | undefined {
  const expected = before.n + 1;
  if (record.n > expected)
    return `${recordsBetween(expected, record.n - 1)} missing before record ${record.n}`;
  if (record.n < expected)
    return `record ${record.n} stands where record ${expected} belongs: it was moved, repeated or inserted`;
  if (record.prev !== before.hash) return `record ${record.n} does not continue record ${before.n}`;
  return undefined;
}

export function recordsBetween(from: number, to: number): string {
  return from === to ? `record ${from} is` : `records ${from} to ${to} are`;
}
