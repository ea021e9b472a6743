import { lastLines, outcomeOf } from './command.mjs';
import { Problem } from './problem.mjs';

const always = ['-q', '-y', '-o', 'DPkg::Lock::Timeout=300'];
let last = Promise.resolve();

/**
 * Runs apt-get once the one before has ended, and gives exit code and output: some machines are set to delete
 * downloaded packages at the end of every update, also those that another apt-get is about to install.
 */
export function aptGet(args, { cwd } = {}) {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  last = last.then(() => outcomeOf('apt-get', [...always, ...args], { cwd, env }));
  return last;
}

/** As aptGet, but throws a problem when it fails. */
export async function mustAptGet(args) {
  const { code, output } = await aptGet(args);
  if (code !== 0) throw new Problem(`\`apt-get ${args.join(' ')}\` failed:\n${lastLines(output)}`);
}
