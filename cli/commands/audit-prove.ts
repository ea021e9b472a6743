import { auditProofSchema } from '#libs/contracts/audit-proof';
import { command } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { readAnswer } from '../gateway.ts';

export const auditProveCommand = command({
  name: 'audit prove',
  summary: 'Prove that the records of a remediation stand in the audit, to somebody who has only the key',
  takes: { text: '<remediation id>', least: 1, most: 1 },
  options: {},
  notes: [
    'The proof is JSON: hemostat audit prove <id> > proof.json. Check it anywhere: hemostat audit check-proof proof.json --key <key>',
    'Exits with 6 when records of it are younger than the newest signed checkpoint.',
  ],
  async run({ args: [remediation_id = ''] }, { gateway, notes, show }) {
    const query = { remediation_id };
    const answer = await gateway().ask('GET', '/api/v1/audit/proof', { query, timeoutMs: 70_000 });
    const { not_yet, records } = readAnswer(answer, auditProofSchema);
    show(answer.body, () => JSON.stringify(answer.body, null, 2).split('\n'));
    if (not_yet.length === 0) return exitCodes.well;
    notes.line(
      `It proves ${records.length} records; ${not_yet.length} are younger than the newest checkpoint (${not_yet.join(', ')}). Ask again in a minute.`,
    );
    return exitCodes.notYet;
  },
});
