import { toInstant } from '#libs/runtime/instant';
import { command, noArguments } from '../command.ts';
import { usageError } from '../command-error.ts';
import { orderControl } from '../control-order.ts';
import { exitCodes } from '../exit-codes.ts';
import { durationOption, instantOption } from '../moments.ts';
import { needReason, orderKeyOption, reasonOption } from '../reason.ts';

export const pauseCommand = command({
  name: 'pause',
  summary: 'Throw the kill switch: nothing is remediated until it is lifted, or until its time is over',
  takes: noArguments,
  options: {
    reason: reasonOption,
    for: { type: 'text', value: '<duration>', about: 'lifts itself after 30m, 2h, 1d …' },
    until: {
      type: 'text',
      value: '<timestamp>',
      about: 'lifts itself at this instant, for example 2026-01-31T12:00:00Z',
    },
    key: orderKeyOption,
  },
  notes: ['What runs already goes on to its end. Needs the scope admin.'],
  async run({ options }, context) {
    if (options.for !== undefined && options.until !== undefined)
      throw usageError('--for and --until exclude each other', 'give one of the two');
    const reason = needReason(options.reason);
    const until =
      options.for !== undefined
        ? toInstant(context.now() + durationOption('for', options.for) * 1_000)
        : options.until && instantOption('until', options.until);
    const body = { kill_switch: 'on', reason, ...(until ? { until } : {}) };
    await orderControl(context, body, options.key);
    return exitCodes.well;
  },
});
