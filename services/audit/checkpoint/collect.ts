import { origin } from './checkpoint.ts';

/**
 * The checkpoints in a text that somebody saved: notes one after the other, what `nats sub` shows of the stream, or
 * lines of a log, which have them as JSON strings. What begins like one, or ends like one, is among them whatever
 * became of the rest, so that it is missed.
 */
export function checkpointsIn(text: string): readonly string[] {
  const lines = text.replaceAll('\\n', '\n').replaceAll('\\u2014', '\u2014').split(/\r?\n/);
  const starts = new Set<number>();
  for (const [at, line] of lines.entries()) {
    if (line.startsWith('\u2014 ')) starts.add(Math.max(0, at - 4));
    else if (line.endsWith(origin)) starts.add(at);
  }
  return [...starts].map((start) => {
    const [first = '', size = '', root = '', blank = '', last = ''] = lines.slice(start, start + 5);
    // A line of a log goes on before the note begins, and after it ends.
    const begun = first.endsWith(origin) ? origin : first;
    const [signature = last] = /^\u2014 [^\s"']+ [^\s"']+/.exec(last) ?? [];
    return `${begun}\n${size}\n${root}\n${blank}\n${signature}\n`;
  });
}
