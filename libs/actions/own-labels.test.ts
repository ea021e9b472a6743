import { expect, it } from 'vitest';
import { withOwnLabels } from './own-labels.ts';

const compose = (number = '1') => ({
  'com.docker.compose.project': 's',
  'com.docker.compose.service': 'db',
  'com.docker.compose.container-number': number,
});
const task = { 'com.docker.swarm.task.name': 'web.1.abc', 'com.docker.swarm.service.name': 'web' };

/** The labels that are left to a container of this name, and how often its image was looked at. */
async function left(name: string, Labels: Record<string, string>, ofImage: Record<string, string> = {}) {
  let looks = 0;
  const read = async () => {
    looks += 1;
    return { Config: { Labels: ofImage } };
  };
  const listed = { Names: [`/${name}`], Labels: { ...Labels, own: 'yes' }, ImageID: 'sha256:1' };
  const [container] = await withOwnLabels({ read }, [listed]);
  return { labels: Object.keys(container?.Labels ?? {}), looks };
}

it('a container is of Compose by the name that Compose gives, and its image is not looked at', async () => {
  for (const name of ['s-db-1', 's_db_1']) {
    expect(await left(name, compose(), compose())).toMatchObject({ labels: { length: 4 }, looks: 0 });
  }
});

it('a container with a name of its own is of Compose unless its image says the same of itself', async () => {
  expect(await left('database', compose())).toMatchObject({ labels: { length: 4 }, looks: 1 });
  expect(await left('database', compose('2'), compose('1'))).toMatchObject({ labels: { length: 4 } });
  expect(await left('copy', compose(), compose())).toMatchObject({ labels: ['own'] });
});

it('an image that Compose built does not make a container of Compose', async () => {
  const { 'com.docker.compose.container-number': _, ...built } = compose();
  expect(await left('tool', built, built)).toMatchObject({ labels: ['own'] });
});

it('a container is a task of Swarm by the name that Swarm gives', async () => {
  expect(await left('web.1.abc', task)).toMatchObject({ labels: { length: 3 } });
  expect(await left('copy', task)).toMatchObject({ labels: ['own'] });
});
