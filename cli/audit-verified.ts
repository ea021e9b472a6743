import { z } from 'zod';
import { auditVerbs } from '#libs/contracts/rpc';
import type { Screen } from './screen.ts';
import { plain } from './table.ts';

export const verifiedSchema = z.object(auditVerbs.verify.reply.shape);
export type Verified = z.output<typeof verifiedSchema>;

/** What is wrong, from which record on, what is proved all the same, and what to do. */
export function verifiedLines(verified: Verified, out: Screen): readonly string[] {
  const { ok, records, head, files, broken_at: broken, doubtful_from: from, signed, waiting } = verified;
  const advice = (text: string): string => `${out.paint('bold', 'what to do:')} ${plain(text)}`;
  return [
    `${ok ? out.paint('green', 'The audit verifies') : out.paint('red', 'The audit does not verify')}: ${records} records in ${files.length} files, head ${head}`,
    ...(broken ? [plain(`broken at line ${broken.line} of ${broken.file}: ${broken.why}`)] : []),
    ...(from === null ? [] : [`in doubt: everything from record ${from} on`]),
    ...(signed.trouble ? [plain(`the checkpoints: ${signed.trouble}`)] : []),
    ...signedLines(signed),
    ...(verified.what_to_do ? [advice(verified.what_to_do)] : []),
    ...(waiting
      ? [`${waiting.facts} facts wait in NATS: ${plain(waiting.cause)}`, advice(waiting.remedy)]
      : []),
  ];
}

function signedLines({
  newest,
  proved_records,
  unsigned_records,
  removed_records,
  verifier_key,
}: Verified['signed']) {
  if (newest === null) return ['proved by signed checkpoints: nothing, there is none yet'];
  return [
    proved_records === 0
      ? 'proved by signed checkpoints: nothing'
      : `proved by signed checkpoints: records 1 to ${proved_records}${removed_records > 0 ? `; of 1 to ${removed_records} only the hashes are kept` : ''}`,
    ...(unsigned_records > 0 ? [`not yet signed: the newest ${unsigned_records} records`] : []),
    `checked with the key ${plain(verifier_key ?? '-')}`,
  ];
}
