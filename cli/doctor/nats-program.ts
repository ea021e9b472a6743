import { execFileSync } from 'node:child_process';
import { findNatsServer } from '#libs/bus/find-nats-server';
import { type Check, ok, trouble } from './check.ts';

export const natsProgram: Check = {
  name: 'nats-server',
  look({ env }) {
    if (env.NATS_URL) return ok('none of its own is needed: NATS_URL names one');
    try {
      const file = findNatsServer(env);
      const banner = execFileSync(file, ['--version'], { encoding: 'utf8', timeout: 5_000 });
      return ok(`${/\d+\.\d+\.\d+\S*/.exec(banner)?.[0] ?? 'of an unknown version'} at ${file}`);
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      const [cause = said, ...remedy] = said.split(/(?<=\.) /);
      return trouble(cause, remedy.join(' ') || 'npm run setup installs one');
    }
  },
};
