/**
 * Guarantee: what `append` resolved for is on the disk. When it rejects nothing of it stays, or the next `append`
 * takes it away first. Nothing is written beside somebody else's writing: a file that changed meanwhile is refused.
 */
import { type FileHandle, mkdir, open, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { nextRotatedName } from './chain-files.ts';
import { ChangedBySomebody, FileTrouble } from './trouble.ts';

export interface ChainFile extends AsyncDisposable {
  readonly size: number;
  /** Throws `FileTrouble`, which may go away by itself, or `ChangedBySomebody`. */
  append(text: string): Promise<void>;
  /** Gives the file its rotated name; the next `append` begins a new one. */
  rotate(): Promise<void>;
}

/** `size`: how long the file is as far as its content was read and found good. */
export function openChainFile(path: string, goodSize: number): ChainFile {
  let size = goodSize;
  let dirty = false;
  let file: FileHandle | undefined;

  const close = async (): Promise<void> => {
    const open = file;
    file = undefined;
    await open?.close().catch(() => {});
  };

  const ready = async (): Promise<FileHandle> => {
    file ??= await openForAppending(path, size === 0);
    const [opened, named] = await Promise.all([file.stat(), stat(path).catch(() => undefined)]);
    if (!opened.isFile())
      throw Object.assign(new Error('not a regular file'), { code: 'NOT_A_REGULAR_FILE' });
    if (named?.ino !== opened.ino || named.dev !== opened.dev) throw new ChangedBySomebody();
    if (dirty && opened.size > size) {
      await file.truncate(size);
      await file.sync();
    } else if (opened.size !== size) {
      throw new ChangedBySomebody();
    }
    dirty = false;
    return file;
  };

  const guarded = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      await close();
      throw error instanceof ChangedBySomebody ? error : new FileTrouble(error);
    }
  };

  return {
    get size() {
      return size;
    },
    append: (text) =>
      guarded(async () => {
        const handle = await ready();
        const bytes = Buffer.from(text);
        dirty = true;
        await handle.appendFile(bytes);
        await handle.datasync();
        dirty = false;
        size += bytes.length;
      }),
    rotate: () =>
      guarded(async () => {
        await ready();
        await close();
        await rename(path, await nextRotatedName(path));
        await syncFolder(path);
        size = 0;
      }),
    [Symbol.asyncDispose]: close,
  };
}

async function openForAppending(path: string, isNew: boolean): Promise<FileHandle> {
  if (isNew) await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'a', 0o600);
  if (isNew) await syncFolder(path);
  return file;
}

/** A new name is on the disk only once its folder is. */
async function syncFolder(path: string): Promise<void> {
  await using folder = await open(dirname(path));
  await folder.sync();
}
