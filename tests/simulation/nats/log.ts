import { matches } from './subject.ts';

/** A stored message. */
export type Entry = {
  readonly sequence: number;
  readonly subject: string;
  readonly payload: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly atMs: number;
};

/** What the server says no with. */
export type Refusal = { readonly code: number; readonly err_code: number; readonly description: string };
export type Stored = { readonly sequence: number } | { readonly refusal: Refusal };

/** A stream, or a bucket, in memory. */
export interface StreamLog {
  readonly entries: readonly Entry[];
  last(subject: string): Entry | undefined;
  next(fromSequence: number, filter: string): Entry | undefined;
  /** `expectLast`: the sequence of what must be the last on the subject; 0: nothing may stand there. */
  append(subject: string, payload: string, headers: Entry['headers'], expectLast?: number): Stored;
  onAppend(heard: (entry: Entry) => void): void;
}

const wrongSequence: Refusal = { code: 400, err_code: 10071, description: 'wrong last sequence' };

export function createStreamLog(now: () => number): StreamLog {
  const entries: Entry[] = [];
  const lasts = new Map<string, Entry>();
  const listeners: ((entry: Entry) => void)[] = [];
  return {
    entries,
    last: (subject) => lasts.get(subject),
    next: (fromSequence, filter) =>
      entries.slice(fromSequence - 1).find(({ subject }) => matches(filter, subject)),
    append: (subject, payload, headers, expectLast) => {
      const standing = lasts.get(subject)?.sequence ?? 0;
      if (expectLast !== undefined && expectLast !== standing) return { refusal: wrongSequence };
      const entry = { sequence: entries.length + 1, subject, payload, headers, atMs: now() };
      entries.push(entry);
      lasts.set(subject, entry);
      for (const heard of listeners) heard(entry);
      return { sequence: entry.sequence };
    },
    onAppend: (heard) => void listeners.push(heard),
  };
}
