import { createHash } from 'node:crypto';
import { streams } from '#libs/contracts/subjects';
import type { Evidence, Finding } from './evidence.ts';

/** I5, the checkpoints: each says the root of the tree (RFC 9162) over so many lines of the audit, computed here. */
export function checkpointsFit({ auditLines, messages }: Evidence): Finding {
  const leaves = auditLines.map((line) => sha256(Buffer.of(0), Buffer.from(line)));
  const notes = messages.filter(({ stream }) => stream === streams.checkpoints);
  let before = 0;
  const offences = notes.flatMap(({ sequence, body }) => {
    const [, text = '', root] = /^hemostat\/audit\n(\d+)\n(\S{44})\n\n/.exec(String(body)) ?? [];
    if (root === undefined) return [`checkpoint ${sequence} is none`];
    const size = Number(text);
    const offence =
      size <= before
        ? `checkpoint ${sequence} of ${size} records follows one of ${before}`
        : size > leaves.length
          ? `checkpoint ${sequence} is of ${size} records, and the audit has ${leaves.length}`
          : rootOf(leaves, 0, size).toString('base64') !== root &&
            `checkpoint ${sequence} is not of the first ${size} records`;
    before = size;
    return offence ? [offence] : [];
  });
  return { invariant: 'I5 checkpoints fit', checked: notes.length, of: 'checkpoints', offences };
}

function rootOf(leaves: readonly Buffer[], from: number, to: number): Buffer {
  if (to - from === 1) return leaves[from] ?? Buffer.alloc(0);
  let left = 1;
  while (left * 2 < to - from) left *= 2;
  return sha256(Buffer.of(1), rootOf(leaves, from, from + left), rootOf(leaves, from + left, to));
}

function sha256(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
