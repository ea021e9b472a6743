import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killerBody, markOf, programBody } from '#libs/actions/exec/exec-body';
import { cloneCalls } from '#libs/actions/scale/clone';
import { templateSchema } from '#libs/actions/scale/template';
import type { Details } from '#libs/contracts/scalars';
import { composeProject } from '#libs/testing/compose-project';
import { startContainer, type TestContainer } from '#libs/testing/container';
import { countEvents } from '#libs/testing/container-events';
import { testEngine } from '#libs/testing/docker-engine';
import { testLabel, testRun } from '#libs/testing/docker-engine-labels';
import { type GuardGround, startGuard } from '#libs/testing/guard-ground';
import { busyboxImage } from '#libs/testing/images';
import { startDockerGuard } from './service.ts';

const { docker } = testEngine();
const shielded = `hemostat-test-shielded-${randomBytes(4).toString('hex')}`;
let guard: GuardGround;
let image: string;
let patient: TestContainer;
beforeAll(async () => {
  [guard, image] = await Promise.all([startGuard({ HEMOSTAT_PROTECT: shielded }), busyboxImage(docker)]);
  patient = await container();
});
afterAll(async () => {
  await patient[Symbol.asyncDispose]();
  await guard[Symbol.asyncDispose]();
});
const container = (labels: Record<string, string> = {}, name?: string) =>
  startContainer(docker, { image, cmd: ['sleep', '100000'], labels, ...(name ? { name } : {}) });

async function ask(method: string, path: string, body?: object, by: GuardGround = guard) {
  const headers = body ? { 'content-type': 'application/json' } : {};
  const asked = request({ socketPath: by.socketPath, method, path, headers, agent: false });
  asked.end(body && JSON.stringify(body));
  const [answer] = await once(asked, 'response');
  const said = await text(answer);
  return { status: answer.statusCode as number, said, id: /"Id":"([0-9a-f]{64})"/.exec(said)?.[1] ?? '' };
}
const mark = () => markOf(randomUUID());
const onPatient = (verb: string) => `/containers/${patient.id}/${verb}`;
const whoami = (by = mark()) => programBody(['whoami'], by);

describe('what is protected', () => {
  it.each([
    ['by its label', { 'hemostat.protect': 'true' }, undefined],
    ['because it is part of the mesh', { 'hemostat.mesh': 'yes' }, undefined],
    ['by HEMOSTAT_PROTECT', {}, shielded],
  ])('%s is not acted upon, whoever asks', async (_, labels, name) => {
    const since = Date.now();
    await using one = await container(labels, name);
    const before = await one.container.inspect();
    for (const [method, path, body] of [
      ['POST', 'restart?t=1'],
      ['POST', 'stop?t=1'],
      ['POST', 'start'],
      ['POST', 'pause'],
      ['POST', 'unpause'],
      ['POST', 'kill?signal=SIGKILL'],
      ['POST', 'update', { Memory: 2 ** 26 }],
      ['POST', 'exec', whoami()],
      ['DELETE', '?v=false'],
      ['DELETE', '?v=true&force=true'],
    ] as const) {
      const asked = `/containers/${one.id}${path.startsWith('?') ? '' : '/'}${path}`;
      const { status, said } = await ask(method, asked, body);
      expect({ path, status, said }).toEqual({
        path,
        status: 403,
        said: expect.stringContaining('is protected by'),
      });
    }
    const after = await one.container.inspect();
    expect({ ...after.State, memory: after.HostConfig.Memory }).toEqual({ ...before.State, memory: 0 });
    expect(await countEvents(docker, { container: one.id, action: 'kill', since })).toBe(0);
  });

  it('an image with a name, a container that ran, a labelled volume are not removed', async () => {
    const { Id } = await docker.getImage(image).inspect();
    const path = `/images/${encodeURIComponent(Id)}?force=false&noprune=true`;
    expect(await ask('DELETE', path)).toMatchObject({
      status: 403,
      said: expect.stringContaining('has a name'),
    });
    const forced = await ask('DELETE', `/containers/${patient.id}?v=true&force=true`);
    expect(forced).toMatchObject({ status: 403, said: expect.stringContaining('never run') });
    await using made = await container({ 'hemostat.remediation': randomUUID() });
    expect((await ask('DELETE', `/containers/${made.id}?v=true&force=true`)).status).toBe(403);
    const Name = `hemostat-test-${randomBytes(4).toString('hex')}`;
    await docker.createVolume({ Name, Labels: { 'hemostat.protect': 'true', [testLabel]: testRun } });
    expect((await ask('DELETE', `/volumes/${Name}?force=false`)).status).toBe(403);
    await docker.getVolume(Name).remove();
  });

  it('what is not there is told in the words of Docker', async () => {
    const { status, said } = await ask('POST', `/containers/${'0'.repeat(64)}/restart?t=1`);
    expect({ status, said }).toEqual({
      status: 404,
      said: `{"message":"No such container: ${'0'.repeat(64)}"}`,
    });
  });
});

describe('in a container', () => {
  const other = '11111111-1111-4111-8111-111111111111';
  it.each<readonly [string, Details]>([
    ['with privileges', { ...whoami(), Privileged: true }],
    ['with a terminal', { ...whoami(), Tty: true }],
    ['with input', { ...whoami(), AttachStdin: true }],
    ['as another user', { ...whoami(), User: '0' }],
    ['in another folder', { ...whoami(), WorkingDir: '/' }],
    ['with keys to detach', { ...whoami(), DetachKeys: 'a' }],
    ['with an environment', { ...whoami(), Env: [mark(), 'LD_PRELOAD=/x.so'] }],
    ['without a mark', { ...whoami(), Env: [] }],
    ['with a mark of another form', { ...whoami(), Env: ['HEMOSTAT_EXEC='] }],
    ['from a shell', { ...whoami(), Cmd: ['/bin/sh', '-c', 'whoami'] }],
    ['with another argument', { ...whoami(), Cmd: ['date', '-s', '1'] }],
    ['that the grammar puts otherwise', { ...whoami(), Cmd: ['ps', '-e'] }],
    ['without its fixed arguments', { ...whoami(), Cmd: ['top'] }],
    ['by its path', { ...whoami(), Cmd: ['/bin/whoami'] }],
    ['as one text', { ...whoami(), Cmd: 'whoami' }],
    ['that kills what nobody has seen', killerBody(markOf(other))],
    ['that kills all that we run', killerBody('HEMOSTAT_EXEC=')],
    ['that is nothing', {}],
  ])('no program is run %s', async (_, body) => {
    const { status, said } = await ask('POST', onPatient('exec'), body);
    expect({ status, said }).toMatchObject({ status: 403, said: expect.stringContaining('grammar') });
  });

  it('a program runs once, and only its own mark is killed, in the form and in the container of the run', async () => {
    const own = mark();
    const { status, id } = await ask('POST', onPatient('exec'), whoami(own));
    expect(status).toBe(201);
    const start = { Detach: false, Tty: false };
    const ran = await ask('POST', `/exec/${id}/start`, start);
    expect(ran).toMatchObject({ status: 200, said: expect.stringContaining('root') });
    expect((await ask('POST', `/exec/${id}/start`, start)).status).toBe(403);
    const killer = killerBody(own);
    const [sh, c, script = '', name, arg] = killer.Cmd;
    const altered = { ...killer, Cmd: [sh, c, `${script} `, name, arg] };
    expect((await ask('POST', onPatient('exec'), altered)).status).toBe(403);
    expect((await ask('POST', onPatient('exec'), { ...killer, Privileged: true })).status).toBe(403);
    await using elsewhere = await container();
    expect((await ask('POST', `/containers/${elsewhere.id}/exec`, killer)).status).toBe(403);
    expect((await ask('POST', onPatient('exec'), killer)).status).toBe(201);
  });

  it('a run that was created behind its back is not started', async () => {
    const { id } = await patient.container.exec({ Cmd: ['whoami'], AttachStdout: true });
    const { status, said } = await ask('POST', `/exec/${id}/start`, { Detach: false, Tty: false });
    expect({ status, said }).toMatchObject({
      status: 403,
      said: expect.stringContaining('not created through'),
    });
    expect((await docker.getExec(id).inspect()).Running).toBe(false);
  });
});

describe('a new container', () => {
  it('is the copy of a sibling under the next free number, and nothing else is made', async () => {
    await using compose = composeProject();
    const first = await compose.sibling('api', 1, { labels: { 'hemostat.max-replicas': '2' } });
    await compose.sibling('other', 1);
    const identity = { name: `${compose.project}-api-2`, number: 2, image, remediation_id: randomUUID() };
    const [create] = cloneCalls(templateSchema.parse(await first.container.inspect()), identity);
    const body: Details = JSON.parse(JSON.stringify(create?.body));
    const host = body.HostConfig as Details;
    const labels = body.Labels as Details;
    const path = `/containers/create?name=${identity.name}`;
    const wrong: readonly Details[] = [
      ...[
        { Privileged: true },
        { Binds: ['/:/host'] },
        { NetworkMode: 'host' },
        { PidMode: 'host' },
        { IpcMode: 'host' },
      ],
      ...[
        { CapAdd: ['ALL'] },
        { Devices: [{ PathOnHost: '/dev/sda' }] },
        { SecurityOpt: ['seccomp=unconfined'] },
      ],
      ...[
        { VolumesFrom: ['x'] },
        { Mounts: [{ Type: 'bind', Source: '/', Target: '/h' }] },
        { UsernsMode: 'host' },
      ],
      ...[{ Runtime: 'x' }, { CgroupParent: '/' }, { PortBindings: { '80/tcp': [{ HostPort: '80' }] } }],
    ].map((more) => ({ ...body, HostConfig: { ...host, ...more } }));
    const altered: readonly Details[] = [
      ...wrong,
      ...[
        { Cmd: ['id'] },
        { Entrypoint: ['sh'] },
        { User: '0' },
        { Env: ['A=b'] },
        { Image: 'busybox' },
        { X: 1 },
      ].map((more) => ({ ...body, ...more })),
      ...[
        { 'com.docker.compose.service': 'other' },
        { 'com.docker.compose.project': 'x' },
        { 'com.docker.compose.container-number': '3' },
        { 'hemostat.remediation': 'x' },
        { 'hemostat.mesh': 'true' },
      ].map((more) => ({ ...body, Labels: { ...labels, ...more } })),
      { ...body, NetworkingConfig: { EndpointsConfig: { host: {} } } },
      {},
    ];
    for (const each of altered) {
      expect({ each, status: (await ask('POST', path, each)).status }).toEqual({ each, status: 403 });
    }
    for (const name of ['web', `${compose.project}-api-3`, `${compose.project}-api-1`, '']) {
      expect((await ask('POST', `/containers/create?name=${name}`, body)).status).toBe(403);
    }
    expect(await compose.containers('api')).toHaveLength(1);

    const { status, id } = await ask('POST', path, body);
    expect(status).toBe(201);
    const network = await docker.createNetwork({
      Name: `${compose.project}_x`,
      Labels: { 'com.docker.compose.project': compose.project },
    });
    const connect = (Container: string) =>
      ask('POST', `/networks/${network.id}/connect`, { Container, EndpointConfig: {} });
    expect((await connect(id)).status).toBe(403);
    expect((await connect(patient.id)).status).toBe(403);
    expect((await ask('POST', path, body)).status).toBe(403);
    const third = { ...identity, name: `${compose.project}-api-3`, number: 3 };
    const [more] = cloneCalls(templateSchema.parse(await first.container.inspect()), third);
    const beyond = await ask('POST', `/containers/create?name=${third.name}`, more?.body);
    expect(beyond).toMatchObject({ status: 403, said: expect.stringContaining('may have 2 at most') });
    expect((await ask('DELETE', `/containers/${id}?v=true&force=true`)).status).toBe(204);
  });

  it('is not made of a service one of whose containers is protected', async () => {
    await using compose = composeProject();
    const first = await compose.sibling('api', 1);
    await compose.sibling('api', 2, { labels: { 'hemostat.protect': 'true' } });
    const identity = { name: `${compose.project}-api-3`, number: 3, image, remediation_id: randomUUID() };
    const [create] = cloneCalls(templateSchema.parse(await first.container.inspect()), identity);
    const { status, said } = await ask('POST', `/containers/create?name=${identity.name}`, create?.body);
    expect({ status, said }).toMatchObject({ status: 403, said: expect.stringContaining('is protected') });
  });
});

it('its socket is for its owner and their group, taken over from a dead guard and not from a living one', async () => {
  expect((await stat(guard.socketPath)).mode & 0o777).toBe(0o660);
  await expect(startDockerGuard({ env: { GUARD_SOCKET: guard.socketPath } })).rejects.toThrow(
    'something listens',
  );
  expect((await ask('GET', '/_ping')).status).toBe(200);
});
