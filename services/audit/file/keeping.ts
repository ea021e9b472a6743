import { rm } from 'node:fs/promises';
import type { AuditHead } from '#libs/contracts/audit-head';
import { chainFiles } from './chain-files.ts';
import { firstRecord } from './first-record.ts';
import { rememberLeaves } from './leaves.ts';

export type KeepingOptions = {
  readonly path: string;
  readonly maxBytes: number;
  /** Rotated files that are kept; 0: all. */
  readonly keptFiles: number;
};

/** When the file is full, and which of the rotated ones may go. */
export interface Keeping {
  isFull(size: number, text: string): boolean;
  /**
   * Files beyond those to keep, and the record with which the chain begins without them; the hashes of what they hold
   * are written down. Remove them only after the head says so.
   */
  outdated(): Promise<Outdated | undefined>;
}
export type Outdated = { readonly oldest: AuditHead['oldest']; remove(): Promise<void> };

export function createKeeping({ path, maxBytes, keptFiles }: KeepingOptions): Keeping {
  let looked = false;
  return {
    isFull: (size, text) => {
      const full = size > 0 && size + Buffer.byteLength(text) > maxBytes;
      if (full) looked = false;
      return full;
    },
    outdated: async () => {
      if (keptFiles === 0 || looked) return undefined;
      looked = true;
      const rotated = (await chainFiles(path)).filter((file) => file !== path);
      const outdated = rotated.slice(0, Math.max(0, rotated.length - keptFiles));
      if (outdated.length === 0) return undefined;
      const oldest = await firstRecord(rotated[outdated.length] ?? path);
      if (!oldest) return undefined;
      await rememberLeaves(path, outdated, oldest.n);
      return {
        oldest,
        remove: async () => {
          for (const file of outdated) await rm(file, { force: true });
        },
      };
    },
  };
}
