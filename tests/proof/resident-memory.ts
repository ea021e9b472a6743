import { readFile } from 'node:fs/promises';

/** How much of the machine's memory a process holds, in MiB; not a number when it never began. */
export async function residentMiB(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024;
}
