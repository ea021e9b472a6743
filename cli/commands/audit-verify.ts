import { z } from 'zod';
import { command, noArguments } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { readAnswer } from '../gateway.ts';

const verifiedSchema = z.object({
  ok: z.boolean(),
  records: z.number(),
  head: z.string(),
  files: z.array(z.string()),
  broken_at: z.object({ file: z.string(), line: z.number(), why: z.string() }).nullable(),
  waiting: z.object({ facts: z.number(), cause: z.string(), remedy: z.string() }).nullable(),
});

export const auditVerifyCommand = command({
  name: 'audit verify',
  summary: 'Check the hash chain of the whole audit file',
  takes: noArguments,
  options: {},
  notes: ['Exits with 1 when the chain is broken, or when the file cannot be written.'],
  async run(_, { gateway, out, notes, show }) {
    if (notes.isTerminal) notes.line('Reading the whole audit …');
    const answer = await gateway().ask('GET', '/api/v1/audit/verify', { timeoutMs: 70_000 });
    const { ok, records, head, files, broken_at: broken, waiting } = readAnswer(answer, verifiedSchema);
    show(answer.body, () => [
      `${ok ? out.paint('green', 'The audit verifies') : out.paint('red', 'The audit does not verify')}: ${records} records in ${files.length} files, head ${head}`,
      ...(broken ? [`broken at line ${broken.line} of ${broken.file}: ${broken.why}`] : []),
      ...(waiting
        ? [
            `${waiting.facts} facts wait in NATS: ${waiting.cause}`,
            `${out.paint('bold', 'what to do:')} ${waiting.remedy}`,
          ]
        : []),
    ]);
    return ok ? exitCodes.well : exitCodes.unwell;
  },
});
