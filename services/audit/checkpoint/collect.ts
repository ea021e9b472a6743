import { origin } from './checkpoint.ts';

/**
 * The checkpoints in a text that somebody saved: notes one after the other, what `nats stream view` shows, or lines of
 * a log, which have them as JSON strings. What begins like one and has no end is among them, so that it is missed.
 */
export function checkpointsIn(text: string): readonly string[] {
  const lines = text.replaceAll('\\n', '\n').replaceAll('\\u2014', '\u2014').split(/\r?\n/);
  const notes: string[] = [];
  for (const [at, line] of lines.entries()) {
    const [, signature] = /^(\u2014 [^\s"']+ [^\s"']+)/.exec(line) ?? [];
    if (signature === undefined) continue;
    const [first = '', size = '', root = '', blank = ''] = lines.slice(Math.max(0, at - 4), at);
    // A line of a log goes on before the note begins.
    const begun = first.endsWith(origin) ? origin : first;
    notes.push(`${begun}\n${size}\n${root}\n${blank}\n${signature}\n`);
  }
  return notes;
}
