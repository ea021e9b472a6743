import { command, noArguments } from '../command.ts';
import { orderControl } from '../control-order.ts';
import { exitCodes } from '../exit-codes.ts';
import { needReason, orderKeyOption, reasonOption } from '../reason.ts';

export const resumeCommand = command({
  name: 'resume',
  summary: 'Lift the kill switch',
  takes: noArguments,
  options: {
    reason: reasonOption,
    key: orderKeyOption,
  },
  notes: ['Cooldowns and breakers are as they were. Needs the scope admin.'],
  async run({ options }, context) {
    await orderControl(context, { kill_switch: 'off', reason: needReason(options.reason) }, options.key);
    return exitCodes.well;
  },
});
