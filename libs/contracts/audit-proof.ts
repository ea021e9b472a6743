import { z } from 'zod';
import { auditRecordSchema } from './audit-record.ts';

/**
 * What it takes to show somebody who has nothing but a verifier key that the records of a remediation stand in the
 * audit as they were signed. Other records may stand there, too: it does not show that these are all.
 */
export const auditProofSchema = z.strictObject({
  format: z.literal('hemostat-audit-proof/1'),
  remediation_id: z.string(),
  /** A signed note in the form of C2SP tlog-checkpoint. */
  checkpoint: z.string(),
  /** The key that signed it; who checks the proof has to know it from elsewhere. */
  verifier_key: z.string(),
  records: z.array(
    z.strictObject({
      /** Of the leaf, from 0; the number of the record less one. */
      index: z.int().min(0),
      /** The leaf is its canonical JSON: keys sorted, no white space. */
      record: auditRecordSchema,
      /** RFC 9162 section 2.1.3, in base64, from the leaf upwards. */
      inclusion: z.array(z.string()),
    }),
  ),
  /** Records of the remediation that are younger than the checkpoint. */
  not_yet: z.array(z.int().min(1)),
});
export type AuditProof = z.infer<typeof auditProofSchema>;
