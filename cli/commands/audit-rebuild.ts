import { z } from 'zod';
import { command, noArguments } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { factsFromLines } from '../facts-from.ts';
import { readAnswer } from '../gateway.ts';
import { tableLines } from '../table.ts';

const rebuildSchema = z.object({
  same: z.boolean(),
  facts_from: z.string().nullable(),
  from_the_beginning: z.boolean(),
  facts: z.number(),
  targets: z.number(),
  different: z.number(),
  differences: z.array(z.object({ target: z.string(), part: z.string(), message: z.string() })),
  truncated: z.boolean(),
});

export const auditRebuildCommand = command({
  name: 'audit rebuild',
  summary: "Work out safety's memory anew from the facts, and show where it differs from what is kept",
  takes: noArguments,
  options: { limit: { type: 'text', value: '<count>', about: 'at most so many differences (100)' } },
  notes: ['Changes nothing. Exits with 1 when something differs.'],
  async run({ options: { limit } }, { gateway, notes, out, show }) {
    if (notes.isTerminal) notes.line('Reading the facts …');
    const answer = await gateway().ask('GET', '/api/v1/safety/rebuild', {
      query: { limit },
      timeoutMs: 70_000,
    });
    const rebuilt = readAnswer(answer, rebuildSchema);
    const { same, targets, facts, different, differences, truncated } = rebuilt;
    show(answer.body, () => [
      `${same ? out.paint('green', 'All is as the facts say') : out.paint('red', `${different} differences`)}: ${targets} targets, ${facts} facts`,
      ...factsFromLines(rebuilt),
      ...(differences.length === 0
        ? []
        : [
            '',
            ...tableLines(
              ['target', 'part', 'difference'],
              differences.map((each) => [each.target, each.part, each.message]),
            ),
          ]),
    ]);
    if (truncated) notes.line('There are more: raise --limit.');
    return same ? exitCodes.well : exitCodes.unwell;
  },
});
