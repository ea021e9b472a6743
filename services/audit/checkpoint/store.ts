/**
 * Guarantee: a checkpoint is stored only right behind the one that was read last, so of two replicas that both believe
 * to be the appender one is told that it is not. An answer that got lost is found out by reading.
 */
import type { Bus } from '#libs/bus/bus';
import { isConflict } from '#libs/bus/errors';
import { headerOf, noHeaders } from '#libs/bus/headers';
import { storeMessage } from '#libs/bus/store-message';
import { checkpointSubject, streams } from '#libs/contracts/subjects';
import { isTree, type Tree } from '../tree/frontier.ts';
import { claimOf } from './checkpoint.ts';

/** A checkpoint as it stands in the stream, believed or not. `tree` has its root if it is the one that was signed. */
export type StoredCheckpoint = {
  readonly sequence: number;
  readonly note: string;
  readonly tree: Tree | undefined;
};

/** All of it rejects while NATS is away. */
export interface CheckpointStore {
  last(): Promise<StoredCheckpoint | undefined>;
  /** Oldest first. */
  notes(): Promise<readonly string[]>;
  /** `after`: the sequence of the one that is the last now; 0: there is none. */
  add(note: string, tree: Tree, after: number): Promise<number | 'overtaken'>;
}

/** With it an audit service goes on from a checkpoint without reading the whole audit. */
const treeHeader = 'Hemostat-Tree';
const readAtOnce = 64;

export function openCheckpointStore(bus: Bus): CheckpointStore {
  const { jsm } = bus;
  return {
    last: async () => {
      const found = await jsm.streams.getMessage(streams.checkpoints, { last_by_subj: checkpointSubject });
      if (found === null) return undefined;
      const note = found.string();
      return { sequence: found.seq, note, tree: treeIn(note, headerOf(found.header, treeHeader)) };
    },
    notes: async () => {
      const { first_seq, last_seq } = (await jsm.streams.info(streams.checkpoints)).state;
      const notes: string[] = [];
      for (let from = Math.max(1, first_seq); from <= last_seq; from += readAtOnce) {
        const count = Math.min(readAtOnce, last_seq - from + 1);
        const wanted = Array.from({ length: count }, (_, at) =>
          jsm.streams.getMessage(streams.checkpoints, { seq: from + at }),
        );
        notes.push(...(await Promise.all(wanted)).flatMap((message) => message?.string() ?? []));
      }
      return notes;
    },
    add: async (note, { hashes }, after) => {
      const headers = noHeaders();
      headers.set(treeHeader, hashes.join(' '));
      try {
        return await storeMessage(bus, checkpointSubject, note, { headers, expectLast: after });
      } catch (error) {
        if (isConflict(error)) return 'overtaken';
        throw error;
      }
    },
  };
}

function treeIn(note: string, header: string | undefined): Tree | undefined {
  const size = claimOf(note)?.size;
  if (size === undefined) return undefined;
  const tree = { size, hashes: header === undefined ? [] : header.split(' ') };
  return isTree(tree) ? tree : undefined;
}
