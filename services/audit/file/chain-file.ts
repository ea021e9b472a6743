/**
 * Guarantee: what `append` resolved for is on the disk, right behind what was there before. When it rejects, nothing
 * of it stays once the next `append` or `recover` went on. Nothing is written beside somebody else's writing: a file
 * that changed meanwhile is refused.
 *
 * A process may pause at any point for longer than its lease. On waking it can finish the one step that was under
 * way, for it looks at its lease before each. An append that comes so late lands behind the end, wherever that is by
 * then, and the holder finds it: before its own append, after it, or when it looks while idle. A late cut or rotation
 * could not be undone, so there the look and the system call are two instructions in a row; a pause just between them
 * would be noticed, too, and told as a contradiction.
 */
import { existsSync, ftruncateSync, renameSync } from 'node:fs';
import { type FileHandle, mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { nextRotatedName } from './chain-files.ts';
import { cutGrowth, type FullFile, mostWatched } from './full-files.ts';
import { ChangedBySomebody, FileTrouble, mustHold, Overtaken } from './trouble.ts';

export interface ChainFile extends AsyncDisposable {
  readonly size: number;
  /** Throws `FileTrouble`, which may go away by itself, or, from then on, `ChangedBySomebody` or `Overtaken`. */
  append(text: string): Promise<void>;
  /** Gives the file its rotated name; the next `append` begins a new one. */
  rotate(): Promise<void>;
  /** Throws like `append` when the file is not as it was left. Resolves with the bytes it cut off from full files. */
  check(): Promise<number>;
}

export type ChainFileOptions = {
  readonly path: string;
  /** How long the file is as far as its content was read and found good. */
  readonly goodSize: number;
  readonly full: readonly FullFile[];
  readonly holds: () => boolean;
};

export function openChainFile({ path, goodSize, holds, ...options }: ChainFileOptions): ChainFile {
  let { full } = options;
  let size = goodSize;
  let dirty = false;
  let file: FileHandle | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  let refused: ChangedBySomebody | Overtaken | undefined;

  const close = async (): Promise<void> => {
    const open = file;
    file = undefined;
    await open?.close().catch(() => {});
  };

  const mustBe = async (expected: number): Promise<void> => {
    const [opened, named] = await Promise.all([file?.stat(), stat(path).catch(() => undefined)]);
    if (opened && (named?.ino !== opened.ino || named.dev !== opened.dev)) throw new ChangedBySomebody();
    if ((named?.size ?? 0) !== expected) throw new ChangedBySomebody();
  };

  const ready = async (): Promise<FileHandle> => {
    file ??= await openForAppending(path, size === 0);
    const opened = await file.stat();
    if (!opened.isFile())
      throw Object.assign(new Error('not a regular file'), { code: 'NOT_A_REGULAR_FILE' });
    if (dirty && opened.size > size) {
      await mustBe(opened.size);
      // At once, without a thread between: what is cut off too late does not come back.
      mustHold(holds);
      ftruncateSync(file.fd, size);
      await file.sync();
    }
    await mustBe(size);
    dirty = false;
    return file;
  };

  const write = async (handle: FileHandle, bytes: Buffer): Promise<void> => {
    for (let at = 0; at < bytes.length; ) {
      mustHold(holds);
      at += (await handle.write(bytes, at)).bytesWritten;
    }
    await handle.datasync();
  };

  const attempt = async <T>(work: () => Promise<T>): Promise<T> => {
    if (refused) throw refused;
    try {
      return await work();
    } catch (error) {
      await close();
      if (error instanceof ChangedBySomebody || error instanceof Overtaken) refused = error;
      throw refused ?? new FileTrouble(error);
    }
  };

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = turn.then(() => attempt(work));
    turn = done.catch(() => {});
    return done;
  };

  return {
    get size() {
      return size;
    },
    append: (text) =>
      inTurn(async () => {
        const handle = await ready();
        const bytes = Buffer.from(text);
        dirty = true;
        await write(handle, bytes);
        await mustBe(size + bytes.length);
        dirty = false;
        size += bytes.length;
      }),
    rotate: () =>
      inTurn(async () => {
        const { ino } = await (await ready()).stat();
        await close();
        const name = await nextRotatedName(path);
        // At once, without a thread between: late, it could replace a file that another one rotated.
        mustHold(holds);
        if (existsSync(name)) throw new ChangedBySomebody();
        renameSync(path, name);
        await syncFolder(path);
        full = [...full, { path: name, ino, size }].slice(-mostWatched);
        size = 0;
      }),
    check: () =>
      inTurn(async () => {
        mustHold(holds);
        if (!dirty) await mustBe(size);
        return cutGrowth(full, holds);
      }),
    [Symbol.asyncDispose]: () => turn.then(close),
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
