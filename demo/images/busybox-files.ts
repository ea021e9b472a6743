import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findProgram } from './find-program.ts';
import type { RootFs } from './root-fs.ts';

/** busybox with a link for each of its commands; undefined where this machine has none. */
export async function busyboxFiles(): Promise<RootFs | undefined> {
  const busybox = await findProgram('busybox');
  if (busybox === undefined) return undefined;
  const { stdout } = await promisify(execFile)(busybox, ['--list']);
  const commands = stdout.split('\n').filter((name) => name !== '' && name !== 'busybox');
  const links = Object.fromEntries(commands.map((name) => [`bin/${name}`, 'busybox']));
  return { programs: { 'bin/busybox': busybox }, links: { ...links, 'usr/bin/env': '../../bin/busybox' } };
}
