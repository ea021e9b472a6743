import { createFrames } from './frames.ts';

/** Tells the streams of a program's output apart. Keeps only as much as it may, and holds nothing of the rest. */
export interface ExecOutput {
  take(piece: Uint8Array): void;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  /** Was anything left out? */
  readonly truncated: boolean;
}

const stderrStream = 2;

export function createExecOutput(most: { readonly stdout: number; readonly stderr: number }): ExecOutput {
  const stdout = createKept(most.stdout);
  const stderr = createKept(most.stderr);
  return {
    take: createFrames((bytes, stream) => (stream === stderrStream ? stderr : stdout).add(bytes)),
    get stdout() {
      return stdout.bytes();
    },
    get stderr() {
      return stderr.bytes();
    },
    get truncated() {
      return stdout.isCut() || stderr.isCut();
    },
  };
}

function createKept(most: number) {
  const chunks: Uint8Array[] = [];
  let has = 0;
  let cut = false;
  return {
    add: (bytes: Uint8Array): void => {
      const kept = bytes.subarray(0, most - has);
      cut ||= kept.length < bytes.length;
      if (kept.length === 0) return;
      // A copy: a view would hold all of the piece that it is from.
      chunks.push(Uint8Array.from(kept));
      has += kept.length;
    },
    bytes: (): Uint8Array => Buffer.concat(chunks),
    isCut: (): boolean => cut,
  };
}
