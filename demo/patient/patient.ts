import { readFile } from 'node:fs/promises';
import type Docker from 'dockerode';
import { freePort } from '../free-port.ts';
import { makeNodeImage } from '../images/node-image.ts';

const image = 'hemostat-demo/patient:1';
const name = `hemostat-demo-patient-${process.pid}`;
const label = 'hemostat.demo';

export type Patient = AsyncDisposable & { readonly name: string; readonly url: string };

/** Starts the patient in a container on a free port of loopback. Disposing removes container and image. */
export async function startPatient(docker: Docker): Promise<Patient> {
  await removeLeftover(docker);
  await makeNodeImage(docker, image);
  const port = await freePort();
  const source = await readFile(new URL('server.mjs', import.meta.url), 'utf8');
  const container = await docker.createContainer({
    name,
    Image: image,
    Cmd: ['node', '--input-type=module', '-e', source],
    Labels: { [label]: String(process.pid) },
    ExposedPorts: { '8000/tcp': {} },
    HostConfig: {
      Init: true,
      // A fixed port: one that Docker chooses would be another after the restart.
      PortBindings: { '8000/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }] },
    },
  });
  await container.start();
  return {
    name,
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      await container.remove({ force: true, v: true });
      // Another demo may still need the image; the last one takes it away.
      await docker
        .getImage(image)
        .remove()
        .catch(() => undefined);
    },
  };
}

/** A demo that was killed may have left its container; one whose process still runs is left alone. */
async function removeLeftover(docker: Docker): Promise<void> {
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
