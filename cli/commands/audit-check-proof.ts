import { auditProofSchema } from '#libs/contracts/audit-proof';
import { parseJson } from '#libs/contracts/json';
import { checkProof } from '../../services/audit/ask/check-proof.ts';
import { auditCells, auditColumns, auditRecordSchema } from '../audit-words.ts';
import { command } from '../command.ts';
import { CommandError } from '../command-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { readGivenFile } from '../given-file.ts';
import { tableLines } from '../table.ts';
import { verifierGiven } from '../verifier-key.ts';

export const auditCheckProofCommand = command({
  name: 'audit check-proof',
  summary: 'Check a proof that audit prove made, with nothing but the verifier key',
  takes: { text: '<file>', least: 1, most: 1 },
  options: {
    key: { type: 'text', value: '<key>', about: 'the verifier key, as it was written down earlier' },
  },
  notes: [
    'Asks nobody. Without --key the one in the data folder is taken. Exits with 1 when the proof does not hold.',
  ],
  async run({ args: [file = ''], options: { key } }, { env, out, show }) {
    const verifier = verifierGiven(key, env);
    const proof = readProof(await readGivenFile(file), file);
    const checked = checkProof(proof, verifier);
    const answer = { remediation_id: proof.remediation_id, not_yet: proof.not_yet };
    if ('why' in checked) {
      show({ ok: false, why: checked.why, ...answer }, () => [
        `${out.paint('red', 'The proof does not hold')}: ${checked.why}`,
      ]);
      return exitCodes.unwell;
    }
    const { size, root } = checked.of;
    show(
      { ok: true, records: checked.records, of_records: size, root: root.toString('base64'), ...answer },
      () => [
        `${out.paint('green', 'The proof holds')}: these ${checked.records} records of remediation ${proof.remediation_id} stand in the audit of ${size} records that was signed`,
        ...tableLines(
          auditColumns,
          proof.records.map(({ record }) => auditCells(auditRecordSchema.parse(record))),
        ),
      ],
    );
    return exitCodes.well;
  },
});

function readProof(text: string, file: string) {
  try {
    return auditProofSchema.parse(parseJson(text));
  } catch {
    throw new CommandError(exitCodes.unwell, `${file} is no proof of the audit.`, {
      code: 'no_proof',
      remedy: 'give a file that was made with: hemostat audit prove <remediation id>',
    });
  }
}
