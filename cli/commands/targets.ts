import { z } from 'zod';
import { command, noArguments } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { readAnswer } from '../gateway.ts';
import { tableLines } from '../table.ts';

const targetsSchema = z.object({
  engine: z.string(),
  targets: z.array(
    z.object({
      target: z.object({ engine: z.string(), kind: z.string(), name: z.string() }),
      container_id: z.string(),
      container_name: z.string(),
      state: z.string(),
      image: z.string(),
    }),
  ),
});

export const targetsCommand = command({
  name: 'targets',
  summary: 'Every container that can be asked for',
  takes: noArguments,
  options: { engine: { type: 'text', value: '<name>', about: 'another Docker Engine than the usual one' } },
  async run({ options: { engine } }, { gateway, show }) {
    const answer = await gateway().ask('GET', '/api/v1/targets', { query: { engine } });
    const { targets } = readAnswer(answer, targetsSchema);
    show(answer.body, () =>
      tableLines(
        ['container', 'state', 'target', 'image', 'id'],
        targets.map(({ target, container_id, container_name, state, image }) => [
          container_name,
          state,
          `${target.engine}/${target.kind}/${target.name}`,
          image,
          container_id.slice(0, 12),
        ]),
      ),
    );
    return exitCodes.well;
  },
});
