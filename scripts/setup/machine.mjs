import { existsSync, readFileSync } from 'node:fs';
import { isThere, outcomeOf } from './command.mjs';

export const isLinux = process.platform === 'linux';
export const isRoot = process.getuid?.() === 0;
export const hasSystemd = existsSync('/run/systemd/system');

export const hasApt = () => isThere('/usr/bin/apt-get');

/** Derivatives have apt, too, but another archive. */
export function isDebian() {
  return existsSync('/etc/os-release') && /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'));
}

/** Whether this process may make the namespaces in which a Docker Engine of the tests' own lives. */
export async function mayMakeNamespaces() {
  if (!isLinux || !isRoot) return false;
  const { code } = await outcomeOf('unshare', ['--mount', '--net', '--pid', '--fork', 'true']);
  return code === 0;
}
