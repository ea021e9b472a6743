/**
 * Guarantee: no file of the audit is removed before the hashes of its records are on the disk, so that every
 * checkpoint, also one from long ago, can still be compared with what came after it. A crash in between leaves both.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { leafHash } from '../tree/hashes.ts';
import { chainFiles } from './chain-files.ts';
import { firstRecord } from './first-record.ts';
import { readLines } from './read-lines.ts';

/** 32 bytes for each record that was removed, from record 1 on. */
export const leavesFile = (path: string): string => `${path}.leaves`;

const width = 32;
const missing = Buffer.alloc(width);
const readAtOnce = 2_048 * width;

/** Writes down the hashes of the records in these files, which stand before record `until`. */
export async function rememberLeaves(path: string, files: readonly string[], until: number): Promise<void> {
  const [first] = files;
  const start = first === undefined ? undefined : await firstRecord(first);
  if (!start) throw new Error('the oldest audit file begins with no record');
  await using file = await open(leavesFile(path), constants.O_RDWR | constants.O_CREAT, 0o600);
  let n = start.n;
  for (const from of files) {
    for await (const block of blocksOf(from)) {
      for (let at = (n - 1) * width, done = 0; done < block.length; )
        done += (await file.write(block, done, block.length - done, at + done)).bytesWritten;
      n += block.length / width;
    }
  }
  if (n !== until)
    throw new Error(
      `the oldest audit files do not hold the records ${start.n} to ${until - 1}; look with: hemostat audit verify`,
    );
  await file.sync();
  await using folder = await open(dirname(path));
  await folder.sync();
}

async function* blocksOf(path: string): AsyncGenerator<Buffer> {
  let hashes: Buffer[] = [];
  for await (const { bytes } of readLines(path)) {
    hashes.push(leafHash(bytes));
    if (hashes.length < 1_000) continue;
    yield Buffer.concat(hashes);
    hashes = [];
  }
  yield Buffer.concat(hashes);
}

/** The hashes of the records 1 to before `until` as they were written down; ends early where there is none. */
export async function* rememberedLeaves(path: string, until: number): AsyncGenerator<Buffer> {
  await using stack = new AsyncDisposableStack();
  const file = await open(leavesFile(path)).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!file) return;
  stack.use(file);
  const end = (until - 1) * width;
  for (let at = 0; at < end; ) {
    const block = Buffer.alloc(Math.min(readAtOnce, end - at));
    const { bytesRead } = await file.read(block, 0, block.length, at);
    for (let from = 0; from + width <= bytesRead; from += width) {
      const leaf = block.subarray(from, from + width);
      if (leaf.equals(missing)) return;
      yield leaf;
    }
    if (bytesRead < block.length) return;
    at += bytesRead;
  }
}

/**
 * The hashes of all records from the first one on: of removed ones as they were written down, of the others from their
 * lines. Stops where records are missing.
 */
export async function* allLeaves(path: string): AsyncGenerator<Buffer> {
  const files = await chainFiles(path);
  const [first] = files;
  const start = first === undefined ? undefined : await firstRecord(first);
  let n = 1;
  if (start && start.n > 1) {
    for await (const leaf of rememberedLeaves(path, start.n)) {
      yield leaf;
      n += 1;
    }
    if (n < start.n) return;
  }
  for (const file of files)
    for await (const line of readLines(file)) if (line.complete) yield leafHash(line.bytes);
}
