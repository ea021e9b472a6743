import { type FileHandle, open } from 'node:fs/promises';

const newline = 0x0a;
const blockBytes = 64 * 1024;
/** No record comes near it; what does is no line of ours, and is not kept in memory whole. */
export const longestLineBytes = 16 * 1024 * 1024;

export type Line = {
  /** Without the line break. Empty when the line was too long. */
  readonly bytes: Buffer;
  /** From 1, counted from where the reading began. */
  readonly number: number;
  /** Where the line begins in the file. */
  readonly offset: number;
  /** Right after its line break. */
  readonly end: number;
  /** False for a last line without a line break. */
  readonly complete: boolean;
};

/** The lines of a file from a byte on, up to the size that it has when the reading begins. Bounded memory. */
export async function* readLines(path: string, from = 0): AsyncGenerator<Line> {
  await using file = await open(path);
  const { size } = await file.stat();
  let pieces: Buffer[] = [];
  let held = 0;
  let tooLong = false;
  let offset = from;
  let number = 0;
  const line = (end: number, complete: boolean): Line => {
    number += 1;
    const made = { bytes: tooLong ? Buffer.alloc(0) : Buffer.concat(pieces), number, offset, end, complete };
    pieces = [];
    held = 0;
    tooLong = false;
    offset = end;
    return made;
  };
  const hold = (piece: Buffer): void => {
    held += piece.length;
    tooLong ||= held > longestLineBytes;
    if (tooLong) pieces = [];
    else pieces.push(piece);
  };
  for (let at = from; at < size; ) {
    const block = await readBlock(file, at, Math.min(size, at + blockBytes));
    if (block.length === 0) break;
    let begun = 0;
    for (let cut = block.indexOf(newline); cut >= 0; cut = block.indexOf(newline, begun)) {
      hold(block.subarray(begun, cut));
      begun = cut + 1;
      yield line(at + begun, true);
    }
    hold(block.subarray(begun));
    at += block.length;
  }
  if (held > 0) yield line(offset + held, false);
}

/** The same lines from the end on, without numbers. */
export async function* readLinesBackwards(path: string): AsyncGenerator<Omit<Line, 'number'>> {
  await using file = await open(path);
  const { size } = await file.stat();
  let end = size;
  let complete = false;
  let rest: Buffer = Buffer.alloc(0);
  let at = size;
  while (at > 0) {
    const from = Math.max(0, at - blockBytes);
    let block = Buffer.concat([await readBlock(file, from, at), rest]);
    at = from;
    for (let cut = block.lastIndexOf(newline); cut >= 0; cut = block.lastIndexOf(newline)) {
      const offset = at + cut + 1;
      if (offset < end || complete) yield { bytes: block.subarray(cut + 1), offset, end, complete };
      block = block.subarray(0, cut);
      end = offset;
      complete = true;
    }
    rest = block.length > longestLineBytes ? Buffer.alloc(0) : block;
  }
  if (rest.length > 0 || complete) yield { bytes: rest, offset: 0, end, complete };
}

async function readBlock(file: FileHandle, from: number, until: number): Promise<Buffer> {
  const block = Buffer.allocUnsafe(until - from);
  const { bytesRead } = await file.read(block, 0, block.length, from);
  return block.subarray(0, bytesRead);
}
