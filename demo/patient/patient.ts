import { readFile } from 'node:fs/promises';
import type Docker from 'dockerode';
import { freePort } from '../free-port.ts';
import { hasImage } from '../images/import-image.ts';
import { makeNodeImage } from '../images/node-image.ts';

const image = 'hemostat-demo/patient:1';
const name = 'hemostat-demo-patient';
const label = 'hemostat.demo';

export type Patient = AsyncDisposable & { readonly name: string; readonly url: string };

/** Starts the patient in a container on a free port of loopback. Disposing removes container and image. */
export async function startPatient(docker: Docker): Promise<Patient> {
  await removeLeftover(docker);
  const hadImage = await hasImage(docker, image);
  await makeNodeImage(docker, image);
  const port = await freePort();
  const source = await readFile(new URL('server.mjs', import.meta.url), 'utf8');
  const container = await docker.createContainer({
    name,
    Image: image,
    Cmd: ['node', '--input-type=module', '-e', source],
    Labels: { [label]: 'true' },
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
      if (!hadImage) await docker.getImage(image).remove({ force: true });
    },
  };
}

/** A demo that was killed may have left its container; only what bears our label is touched. */
async function removeLeftover(docker: Docker): Promise<void> {
  const left = await docker.listContainers({ all: true, filters: { label: [label] } });
  await Promise.all(left.map((each) => docker.getContainer(each.Id).remove({ force: true, v: true })));
}
