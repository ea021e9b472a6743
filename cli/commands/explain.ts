import { z } from 'zod';
import { command } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { gateLines, gateSchema } from '../gate-lines.ts';
import { readAnswer } from '../gateway.ts';
import { engineOption, targetNote, whichTarget } from '../which-target.ts';

const explainedSchema = z.object({
  target: z.string(),
  would_be: z.enum(['approved', 'refused']),
  message: z.string(),
  allowed_at: z.string().nullable(),
  gates: z.array(gateSchema),
});

export const explainCommand = command({
  name: 'explain',
  summary: 'What safety would decide now, gate by gate, and when it will allow it',
  takes: { text: '<container> [<action>]', least: 1, most: 2 },
  options: { engine: engineOption },
  notes: [
    'The action is restart unless told. Nothing is asked for and nothing is counted. Exits with 3 when it would be refused.',
    targetNote,
  ],
  async run({ args: [container, action], options: { engine } }, { gateway, out, show }) {
    const answer = await gateway().ask('GET', '/api/v1/safety/explain', {
      query: { ...whichTarget(container), action, engine },
    });
    const {
      target,
      would_be: wouldBe,
      message,
      allowed_at: allowedAt,
      gates,
    } = readAnswer(answer, explainedSchema);
    const approved = wouldBe === 'approved';
    show(answer.body, () => [
      `${action ?? 'restart'} of ${target} would be ${out.paint(approved ? 'green' : 'red', wouldBe)}: ${message}`,
      ...(approved || allowedAt === null ? [] : [`allowed at ${allowedAt}`]),
      '',
      ...gateLines(gates, out),
    ]);
    return approved ? exitCodes.well : exitCodes.refused;
  },
});
