/**
 * Takes apart what the engine sends of a program's output: frames of eight bytes of head (which stream, how long) and
 * then so many bytes. Keeps only as much as it may, and holds nothing of the rest.
 */
export interface ExecOutput {
  take(piece: Uint8Array): void;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  /** Was anything left out? */
  readonly truncated: boolean;
}

const headBytes = 8;
const stderrStream = 2;

export function createExecOutput(most: { readonly stdout: number; readonly stderr: number }): ExecOutput {
  const stdout = createKept(most.stdout);
  const stderr = createKept(most.stderr);
  const head = Buffer.alloc(headBytes);
  let headHas = 0;
  let frameLeft = 0;
  return {
    take: (piece) => {
      for (let at = 0; at < piece.length; ) {
        if (frameLeft === 0) {
          const taken = piece.subarray(at, at + headBytes - headHas);
          head.set(taken, headHas);
          headHas += taken.length;
          at += taken.length;
          if (headHas < headBytes) return;
          headHas = 0;
          frameLeft = head.readUInt32BE(4);
        } else {
          const taken = piece.subarray(at, at + frameLeft);
          (head[0] === stderrStream ? stderr : stdout).add(taken);
          frameLeft -= taken.length;
          at += taken.length;
        }
      }
    },
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
