import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { forGroup } from '#libs/bus/permissions/nkey-files';
import { writeServerFiles } from '#libs/bus/permissions/server-files';
import { engineSchema } from '#libs/contracts/scalars';

/**
 * Writes the configuration of a locked nats-server, and the keys that are not there yet:
 *   node nats/prepare.ts --conf FOLDER --seeds FOLDER [--engine local]… [--publishers FILE]
 * Each seed goes into a folder of its own below `--seeds`, to be handed to its service alone. Running it again keeps the keys.
 */
const { values } = parseArgs({
  options: {
    conf: { type: 'string' },
    seeds: { type: 'string' },
    engine: { type: 'string', multiple: true, default: [process.env.HEMOSTAT_ENGINE || 'local'] },
    publishers: { type: 'string' },
  },
});
const { conf, seeds, engine, publishers } = values;
if (conf === undefined || seeds === undefined) {
  console.error('Say where the files go: node nats/prepare.ts --conf FOLDER --seeds FOLDER');
  process.exit(2);
}
const file = await writeServerFiles({
  engines: engine.map((name) => engineSchema.parse(name)),
  syncs: true,
  folder: conf,
  seedFile: (role) => join(seeds, role, 'nats.nk'),
  mode: forGroup,
  ...(publishers === undefined ? {} : { publishers }),
});
console.log(`${file} is what nats-server starts with; the seeds are in ${seeds}`);
