import type Docker from 'dockerode';

const label = 'hemostat.demo';

/** What a demo makes carries the process it belongs to. */
export const demoLabels: Readonly<Record<string, string>> = { [label]: String(process.pid) };

/** A demo that was killed may have left its containers; those of one that still runs are left alone. */
export async function removeLeftovers(docker: Docker): Promise<void> {
  const left = await docker.listContainers({ all: true, filters: { label: [label] } });
  const dead = left.filter((each) => !isAlive(Number(each.Labels[label])));
  await Promise.all(dead.map((each) => docker.getContainer(each.Id).remove({ force: true, v: true })));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
