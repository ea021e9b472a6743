import { command } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { readAnswer } from '../gateway.ts';
import { cellLines, controlLines, safetyStatusSchema } from '../safety-words.ts';
import { engineOption, targetNote, whichTarget } from '../which-target.ts';

export const safetyShowCommand = command({
  name: 'safety show',
  summary: 'Lease, cooldown, back-off and breaker of one target or of all, and whether the mesh is paused',
  takes: { text: '[<container>]', least: 0, most: 1 },
  options: { engine: engineOption },
  notes: [targetNote],
  async run({ args: [container], options: { engine } }, { gateway, show, notes, now }) {
    const answer = await gateway().ask('GET', '/api/v1/safety/status', {
      query: { ...whichTarget(container), engine },
    });
    const { control, cells, left_out } = readAnswer(answer, safetyStatusSchema);
    show(answer.body, () => [
      ...controlLines(control, now()),
      '',
      ...(cells.length === 0
        ? ['Nothing is remembered: no lease, no cooldown, no back-off, no attempt that failed.']
        : cellLines(cells, now())),
    ]);
    if (left_out > 0) notes.line(`${left_out} more are remembered: name one to see it.`);
    return exitCodes.well;
  },
});
