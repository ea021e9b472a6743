import type { Line } from '../allowlist.ts';
import { forms, isForm } from './forms.ts';
import type { Ask } from './read-ask.ts';

export type Found = { readonly line: Line; readonly names: Readonly<Record<string, string>> };

/** The line of the table that the request has the form of, or why there is none. Pure. */
export function findLine(table: readonly Line[], ask: Ask): Found | string {
  const fitting = table.flatMap((line): readonly Found[] => {
    const names = line.method === ask.method ? namesIn(line.path, ask.segments) : undefined;
    return names ? [{ line, names }] : [];
  });
  const [first] = fitting;
  if (!first) return `no action of the catalogue needs ${ask.method} ${shown(ask)}`;
  const found = fitting.find(({ line }) => line.query.safeParse(ask.query).success);
  return found ?? `${ask.method} ${shown(ask)} is passed on with other query parameters only`;
}

/** The path and the query as they are passed on: every part of them written anew. */
export function writtenPath({ line, names }: Found, { version, query }: Ask): string {
  const path = line.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(names[name] ?? ''));
  const text = new URLSearchParams(query).toString();
  return `${version === undefined ? '' : `/${version}`}${path}${text === '' ? '' : `?${text}`}`;
}

function namesIn(path: string, segments: readonly string[]): Found['names'] | undefined {
  const parts = path.slice(1).split('/');
  if (parts.length !== segments.length) return undefined;
  const names: Record<string, string> = {};
  for (const [at, part] of parts.entries()) {
    const segment = segments[at] ?? '';
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name === undefined) {
      if (part !== segment) return undefined;
    } else {
      const value = decodeURIComponent(segment);
      if (!isForm(name) || !forms[name].test(value)) return undefined;
      names[name] = value;
    }
  }
  return names;
}

function shown({ segments }: Ask): string {
  const path = `/${segments.join('/')}`;
  return path.length > 120 ? `${path.slice(0, 120)}…` : path;
}
