/**
 * Guarantee: the head moves only from the value that was read last, so of two replicas that both believe to be the
 * appender one is told that it is not. An answer that got lost is found out by reading.
 */
import { ZodError } from 'zod';
import type { Bus } from '#libs/bus/bus';
import { type CellStore, openCells } from '#libs/bus/cell-store';
import { type AuditHead, auditHeadSchema } from '#libs/contracts/audit-head';
import { buckets } from '#libs/contracts/subjects';
import { retryUntil } from '#libs/runtime/retry';
import { emptyTree, isTree, type Tree } from '../tree/frontier.ts';

export const headKey = 'head';

/** The tree over all records up to the head; undefined where a part of the audit was lost before there was one. */
export function treeOf({ n, tree }: Pick<AuditHead, 'n' | 'tree'>): Tree | undefined {
  const found = n === 0 ? emptyTree : tree && { size: n, hashes: tree };
  return found && isTree(found) ? found : undefined;
}

export interface HeadStore {
  /** The head as it stands; `move` goes on from there. Rejects when NATS does not answer. */
  read(): Promise<AuditHead | undefined>;
  /** `overtaken`: somebody else moved the head. Waits for NATS as long as the signal lets it; rejects when the head cannot be read. */
  move(next: AuditHead, signal: AbortSignal): Promise<'moved' | 'overtaken'>;
}

// Another version wrote the head: no trying again makes it readable, and it has to be told.
const retryable = (error: unknown): boolean => !(error instanceof ZodError);

export async function openHeadStore(bus: Bus): Promise<HeadStore> {
  const cells: CellStore<AuditHead> = await openCells(bus, buckets.audit, auditHeadSchema);
  let revision = 0;
  const read = async (): Promise<AuditHead | undefined> => {
    const found = await cells.read(headKey);
    revision = found.revision;
    return found.value;
  };
  return {
    read,
    move: (next, signal) => {
      const from = revision;
      const attempt = async (): Promise<'moved' | 'overtaken'> => {
        await cells.compareAndSet(headKey, from, next);
        const now = await read();
        if (revision === from) throw new Error('the head of the audit did not move');
        const mine = now?.owner === next.owner && now.hash === next.hash && now.n === next.n;
        return mine ? 'moved' : 'overtaken';
      };
      return retryUntil(attempt, { clock: bus.clock, signal, minMs: 50, maxMs: 2_000, retryable });
    },
  };
}
