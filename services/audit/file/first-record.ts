import type { AuditHead } from '#libs/contracts/audit-head';
import { readLine } from '../chain/seal.ts';
import { readLines } from './read-lines.ts';

/** What a file begins with; undefined when that is no record. */
export async function firstRecord(file: string): Promise<AuditHead['oldest'] | undefined> {
  for await (const line of readLines(file)) {
    const read = readLine(line.bytes);
    return 'record' in read ? { n: read.record.n, prev: read.record.prev } : undefined;
  }
  return undefined;
}
