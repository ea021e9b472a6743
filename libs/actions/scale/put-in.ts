import { z } from 'zod';
import { readEach } from '../cleanup/read-each.ts';
import type { EngineReader } from '../engine-port.ts';
import type { Template } from './template.ts';

const changesSchema = z.array(z.object({ Path: z.string(), Kind: z.int() })).nullable();
const fileSchema = z.object({ mode: z.number(), mtime: z.string() });
const removed = 2;
/** The bits of Go that say that something is no plain file. */
const noFile = 0x8f28_0000;
/** A preview waits five seconds, and a look takes two milliseconds. */
const mostLooks = 1_000;
/** Who put something in may have another clock than the engine. */
const clocksApartMs = 600_000;

/**
 * Files of the container that somebody put in after it was made, as Compose does with configs that have a content and
 * secrets from the environment: neither its image nor its mounts have them. They come out of an archive, whose times are whole
 * seconds, and a program's own files have times with a fraction. `untold`: the engine does not say which files were changed.
 */
export async function filesPutIn(
  reader: EngineReader,
  { Id, Created }: Template,
): Promise<readonly string[] | 'untold' | 'too many'> {
  const read = changesSchema.safeParse(await reader.read(['containers', Id, 'changes']));
  if (!read.success) return 'untold';
  const changes = read.data ?? [];
  const folders = new Set(changes.map(({ Path }) => Path.slice(0, Path.lastIndexOf('/'))));
  const files = changes.flatMap(({ Path, Kind }) => (Kind === removed || folders.has(Path) ? [] : [Path]));
  if (files.length > mostLooks) return 'too many';
  const since = Date.parse(Created ?? '') - clocksApartMs;
  const putIn = await readEach(files, async (path) => {
    const answer = await reader.read(['containers', Id, 'archive'], { path }, 'HEAD');
    if (answer === undefined) return [];
    const file = fileSchema.safeParse(answer);
    if (!file.success) return [path];
    if ((file.data.mode & noFile) !== 0) return [];
    const { mtime } = file.data;
    return mtime.includes('.') || Date.parse(mtime) < since ? [] : [path];
  });
  return putIn.flat().toSorted();
}

/** Why a clone would lack something; undefined: it would not. */
export function lackedByClone(putIn: Awaited<ReturnType<typeof filesPutIn>>): string | undefined {
  if (typeof putIn === 'string') {
    const why =
      putIn === 'untold'
        ? 'the engine does not say which files changed in it'
        : `more than ${mostLooks} files changed in it`;
    return `which files were put into it after it was made cannot be told: ${why}`;
  }
  const shown = putIn.slice(0, 5).join(', ');
  const further = putIn.length > 5 ? ` and ${putIn.length - 5} more` : '';
  return putIn.length === 0
    ? undefined
    : `files were put into it after it was made, as Docker Compose does with configs that have a content and secrets from the environment (${shown}${further}), and a clone would lack them`;
}
