/**
 * Guarantee: a record counts as proved only when a checkpoint that the given key signed has the very root of the tree
 * over all records up to it. Whoever rewrites the audit, with all its hashes, cannot rewrite that.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import { recordsBetween } from '../chain/seal.ts';
import { type Checkpoint, claimOf, openCheckpoint } from '../checkpoint/checkpoint.ts';
import type { Verifier } from '../checkpoint/note.ts';
import { createFrontier } from '../tree/frontier.ts';

export interface Judge {
  /** The hash of the next record. Resolves what is wrong with the audit up to it. */
  see(leaf: Buffer): string | undefined;
  /** After the last record: what is wrong with the end. */
  end(): string | undefined;
  readonly seen: number;
  readonly checkpoints: number;
  readonly newest: Checkpoint | undefined;
  /** Up to this record all is as it was signed. */
  readonly proved: number;
  /** What is wrong with the checkpoints themselves. */
  readonly trouble: string | undefined;
}

/** Without a verifier nothing can be proved; then the notes are as if they were not there. */
export async function createJudge(notes: readonly string[], verifier: Verifier | undefined): Promise<Judge> {
  const roots = new Map<number, Checkpoint>();
  let trouble: string | undefined;
  for (const [at, note] of (verifier ? notes : []).entries()) {
    if (at % 50 === 49) await breathe();
    const signed = verifier && openCheckpoint(note, verifier);
    if (!signed) {
      trouble ??= `${nameOf(note, at)} is not signed with this key: it was altered, or signed with another key`;
      continue;
    }
    const other = roots.get(signed.size);
    if (other && !other.root.equals(signed.root))
      trouble ??= `two checkpoints of ${signed.size} records contradict each other, and both are signed: there were two different audits, for example because files and NATS were put back to an earlier state`;
    if (!other) roots.set(signed.size, signed);
  }
  const newest = [...roots.values()].reduce<Checkpoint | undefined>(
    (latest, each) => (latest && latest.size > each.size ? latest : each),
    undefined,
  );
  const frontier = createFrontier();
  let proved = 0;
  let differs = false;
  return {
    see: (leaf) => {
      frontier.push(leaf);
      const { size } = frontier;
      const signed = roots.get(size);
      if (!signed || differs) return undefined;
      differs = !frontier.root().equals(signed.root);
      if (!differs) proved = size;
      return differs ? `${areNot(proved + 1, size)} as ${itWas(proved + 1, size)} signed` : undefined;
    },
    end: () => {
      const expected = newest?.size ?? 0;
      return frontier.size < expected
        ? `the end is missing: ${recordsBetween(frontier.size + 1, expected)} below a signed checkpoint, but not here`
        : undefined;
    },
    get seen() {
      return frontier.size;
    },
    checkpoints: roots.size,
    newest,
    get proved() {
      return proved;
    },
    trouble,
  };
}

function nameOf(note: string, at: number): string {
  const claim = claimOf(note);
  return claim ? `the checkpoint of ${claim.size} records` : `checkpoint number ${at + 1}`;
}

function areNot(from: number, to: number): string {
  return from === to ? `record ${from} is not` : `the records ${from} to ${to} are not all`;
}

function itWas(from: number, to: number): string {
  return from === to ? 'it was' : 'they were';
}
