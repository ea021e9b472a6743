import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { command } from '../command.ts';
import { usageError } from '../command-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { readAnswer } from '../gateway.ts';
import { needReason, orderKeyOption, reasonOption } from '../reason.ts';
import { splitNames } from '../split-names.ts';
import { tableLines } from '../table.ts';
import { engineOption, targetNote, whichTarget } from '../which-target.ts';

const resetSchema = z.object({ reset: z.array(z.object({ target: z.string(), changed: z.boolean() })) });

export const safetyResetCommand = command({
  name: 'safety reset',
  summary: 'Forget cooldown, back-off, breaker and rate of one target, or of all with --all',
  takes: { text: '<container> | --all', least: 0, most: 1 },
  options: {
    all: { type: 'flag', about: 'every target that is remembered' },
    parts: {
      type: 'list',
      value: '<names>',
      about: 'only these of cooldown, back_off, breaker, rate; separated by commas',
    },
    engine: engineOption,
    reason: reasonOption,
    key: orderKeyOption,
  },
  notes: [
    targetNote,
    'A lease is never reset. Needs the scope admin; who did it and why stands in the audit.',
  ],
  async run({ args: [container], options }, { gateway, show }) {
    if ((container === undefined) !== options.all)
      throw usageError(
        'a reset is of one container, or of all with --all',
        'name the container, or give --all',
      );
    const parts = splitNames(options.parts);
    const answer = await gateway().ask('POST', '/api/v1/safety/reset', {
      headers: { 'idempotency-key': options.key ?? randomUUID() },
      body: {
        ...(options.all ? { all: true } : whichTarget(container)),
        ...(options.engine === undefined ? {} : { engine: options.engine }),
        ...(parts.length === 0 ? {} : { parts }),
        reason: needReason(options.reason),
      },
    });
    const { reset } = readAnswer(answer, resetSchema);
    show(answer.body, () =>
      reset.length === 0
        ? ['Nothing was remembered, so there is nothing to reset.']
        : tableLines(
            ['target', 'reset'],
            reset.map(({ target, changed }) => [target, changed ? 'yes' : 'nothing was there']),
          ),
    );
    return exitCodes.well;
  },
});
