/**
 * Takes apart what the engine sends of a program's output: frames of eight bytes of head (which stream, how long) and
 * then so many bytes, however its pieces are cut. Calls back with views of the pieces; holds nothing of them.
 */
export function createFrames(
  onBytes: (bytes: Uint8Array, stream: number) => void,
): (piece: Uint8Array) => void {
  const head = Buffer.alloc(headBytes);
  let headHas = 0;
  let frameLeft = 0;
  return (piece) => {
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
        onBytes(taken, head[0] ?? 0);
        frameLeft -= taken.length;
        at += taken.length;
      }
    }
  };
}

const headBytes = 8;
