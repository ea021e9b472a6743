/**
 * Guarantee: what passes stood in the audit, to the byte, when the checkpoint was signed with this key. Needs nothing
 * but the proof and the key.
 */
import type { AuditProof } from '#libs/contracts/audit-proof';
import { canonicalJson } from '#libs/contracts/json';
import { readLine } from '../chain/seal.ts';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import type { Verifier } from '../checkpoint/note.ts';
import { isIncluded, type Sized } from '../tree/check-proof.ts';
import { leafHash } from '../tree/hashes.ts';

export type Checked = { readonly records: number; readonly of: Sized } | { readonly why: string };

export function checkProof(proof: AuditProof, verifier: Verifier): Checked {
  const signed = openCheckpoint(proof.checkpoint, verifier);
  if (!signed) return { why: 'its checkpoint is not signed with this key' };
  if (proof.records.length === 0) return { why: 'it has no records' };
  let before = -1;
  for (const entry of proof.records) {
    const why = entry.index <= before ? 'is there twice, or out of order' : whyNot(entry, proof, signed);
    if (why) return { why: `record ${entry.index + 1} ${why}` };
    before = entry.index;
  }
  return { records: proof.records.length, of: signed };
}

function whyNot(
  { index, record, inclusion }: AuditProof['records'][number],
  { remediation_id: id }: AuditProof,
  signed: Sized,
): string | undefined {
  const line = Buffer.from(canonicalJson(record));
  const read = readLine(line);
  if ('why' in read) return `is no record of the audit: ${read.why}`;
  if (record.n !== index + 1) return 'says of itself that it stands elsewhere';
  if (record.remediation_id !== id) return 'is of another remediation';
  const parts = inclusion.map((hash) => Buffer.from(hash, 'base64'));
  return isIncluded(leafHash(line), index, signed, parts)
    ? undefined
    : 'does not stand in the audit that was signed';
}
