import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killerBody, markOf, programBody } from '#libs/actions/exec/exec-body';
import { cloneCalls } from '#libs/actions/scale/clone';
import { templateSchema } from '#libs/actions/scale/template';
import { toDecisionHeader } from '#libs/contracts/decision-header';
import { keyIdOf, signerWith } from '#libs/contracts/decision-signature';
import type { Approved } from '#libs/contracts/facts';
import type { Details } from '#libs/contracts/scalars';
import { addPublicKey } from '#libs/runtime/key-files';
import { composeProject } from '#libs/testing/compose-project';
import { startContainer, type TestContainer } from '#libs/testing/container';
import { countEvents } from '#libs/testing/container-events';
import { testEngine } from '#libs/testing/docker-engine';
import { testLabel, testRun } from '#libs/testing/docker-engine-labels';
import { approvalFor, decisionFor, type GuardGround, startGuard } from '#libs/testing/guard-ground';
import { busyboxImage } from '#libs/testing/images';
import { startDockerGuard } from './service.ts';

const { docker } = testEngine();
const foreignKey = generateKeyPairSync('ed25519');
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

/** By what is named in the request, and by the remediation that its body names, unless told. */
function decided(path: string, body?: object, containers: readonly string[] = [patient.id]): string {
  const words = `${decodeURIComponent(path)} ${JSON.stringify(body)}`;
  const id = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/.exec(words)?.[0];
  const bound = {
    containers: [...containers, ...(words.match(/(?<!:)\b[0-9a-f]{64}\b/g) ?? [])],
    images: words.match(/sha256:[0-9a-f]{64}/g) ?? [],
    volumes: words.match(/(?<=volumes\/)[\w-]+/g) ?? [],
  };
  return decisionFor(bound, id ? { id } : {});
}

async function ask(
  method: string,
  path: string,
  body?: object,
  decision: string | undefined = decided(path, body),
) {
  const headers = {
    ...(body ? { 'content-type': 'application/json' } : {}),
    ...(decision ? { 'hemostat-decision': decision } : {}),
  };
  const asked = request({ socketPath: guard.socketPath, method, path, headers, agent: false });
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
    const other = await compose.sibling('other', 1);
    const identity = { name: `${compose.project}-api-2`, number: 2, image, remediation_id: randomUUID() };
    const [create] = cloneCalls(templateSchema.parse(await first.container.inspect()), identity);
    const body: Details = JSON.parse(JSON.stringify(create?.body));
    const host = body.HostConfig as Details;
    const labels = body.Labels as Details;
    const path = `/containers/create?name=${identity.name}`;
    const make = (name: string, clone?: object, of = first.id) =>
      ask('POST', `/containers/create?name=${name}`, clone, decided(name, body, [of]));
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
      expect({ each, status: (await make(identity.name, each)).status }).toEqual({ each, status: 403 });
    }
    for (const name of ['web', `${compose.project}-api-3`, `${compose.project}-api-1`, '']) {
      expect((await make(name, body)).status).toBe(403);
    }
    expect(await compose.containers('api')).toHaveLength(1);

    const another = await make(identity.name, body, other.id);
    expect(another).toMatchObject({ status: 403, said: expect.stringContaining('was not approved') });
    const unlike = decisionFor({ containers: [first.id] });
    expect((await ask('POST', path, body, unlike)).said).toContain('was not approved');
    const { status, id } = await make(identity.name, body);
    expect(status).toBe(201);
    const own = decisionFor({ containers: [first.id] }, { id: identity.remediation_id });
    const network = await docker.createNetwork({
      Name: `${compose.project}_x`,
      Labels: { 'com.docker.compose.project': compose.project },
    });
    const connect = (Container: string) =>
      ask('POST', `/networks/${network.id}/connect`, { Container, EndpointConfig: {} }, own);
    expect((await connect(id)).status).toBe(403);
    expect((await connect(patient.id)).status).toBe(403);
    expect((await make(identity.name, body)).status).toBe(403);
    const third = { ...identity, name: `${compose.project}-api-3`, number: 3 };
    const [more] = cloneCalls(templateSchema.parse(await first.container.inspect()), third);
    const beyond = await make(third.name, more?.body);
    expect(beyond).toMatchObject({ status: 403, said: expect.stringContaining('may have 2 at most') });
    const forced = `/containers/${id}?v=true&force=true`;
    expect(await ask('DELETE', forced)).toMatchObject({
      status: 403,
      said: expect.stringContaining('by force only'),
    });
    expect((await ask('DELETE', forced, undefined, own)).status).toBe(204);
  });

  it('is not made of a service one of whose containers is protected', async () => {
    await using compose = composeProject();
    const first = await compose.sibling('api', 1);
    await compose.sibling('api', 2, { labels: { 'hemostat.protect': 'true' } });
    const identity = { name: `${compose.project}-api-3`, number: 3, image, remediation_id: randomUUID() };
    const [create] = cloneCalls(templateSchema.parse(await first.container.inspect()), identity);
    const path = `/containers/create?name=${identity.name}`;
    const { status, said } = await ask('POST', path, create?.body, decided(path, create?.body, [first.id]));
    expect({ status, said }).toMatchObject({ status: 403, said: expect.stringContaining('is protected') });
  });
});

describe('without a decision of safety about that very thing', () => {
  const restart = (decision: string) => ask('POST', onPatient('restart?t=1'), undefined, decision);
  const bound = () => ({ containers: [patient.id] });
  const foreign = signerWith(foreignKey.privateKey, keyIdOf(foreignKey.publicKey));
  const asHeader = (approved: Approved) => toDecisionHeader(approved) ?? '';
  const cases: readonly (readonly [string, () => string, string])[] = [
    ['none at all', () => '', 'no signed decision came'],
    ['noise', () => 'noise', 'cannot be read'],
    [
      'one that inflates without end',
      () => deflateRawSync(Buffer.alloc(2 ** 22)).toString('base64url'),
      'cannot be read',
    ],
    [
      'an altered one',
      () => asHeader({ ...approvalFor({}), plan: approvalFor(bound()).plan }),
      'it was changed',
    ],
    ['an unsigned one', () => asHeader({ ...approvalFor(bound()), signature: undefined }), 'is not signed'],
    ['one by a foreign key', () => asHeader(foreign(approvalFor(bound()))), "not in the guard's file"],
    [
      'an expired one',
      () => decisionFor(bound(), { by: ['restart'], expiresInMs: -616_000 }),
      'was good until',
    ],
    ['one for another engine', () => decisionFor(bound(), { engine: 'far' }), 'made for the engine far'],
    ['one for another container', () => decisionFor({ containers: ['e'.repeat(64)] }), `to the container`],
    ['one that binds nothing', () => decisionFor({}), 'was not approved'],
    [
      'one for another action',
      () => decisionFor(bound(), { by: ['pause', 'scale_up', 'cleanup'] }),
      'was not approved',
    ],
  ];

  it.each(cases)('nothing is done: %s', async (_, decision, said) => {
    const before = await patient.container.inspect();
    const since = Date.now();
    const answer = await restart(decision());
    expect(answer).toMatchObject({ status: 403, said: expect.stringContaining(said) });
    expect((await patient.container.inspect()).State).toEqual(before.State);
    expect(await countEvents(docker, { container: patient.id, action: 'kill', since })).toBe(0);
  });

  it('and with it the restart is done, as often as it is sent while it is good', async () => {
    const decision = decisionFor(bound(), { by: ['restart'] });
    for (const _ of [1, 2]) {
      const { StartedAt } = (await patient.container.inspect()).State;
      expect((await restart(decision)).status).toBe(204);
      expect((await patient.container.inspect()).State.StartedAt).not.toBe(StartedAt);
    }
  });

  it('a label of Swarm on what is no task keeps nothing from being done', async () => {
    await using one = await container({ 'com.docker.swarm.service.name': 'web' });
    expect((await ask('POST', `/containers/${one.id}/restart?t=1`)).status).toBe(204);
  });

  it('no program is run with the mark of another remediation', async () => {
    const elsewhere = decisionFor(bound());
    expect((await ask('POST', onPatient('exec'), whoami(), elsewhere)).said).toContain('in its own form');
  });

  it('no volume is removed, no run is started, and a key that is added since is believed', async () => {
    const Name = `hemostat-test-${randomBytes(4).toString('hex')}`;
    await docker.createVolume({ Name, Labels: { [testLabel]: testRun } });
    const remove = (named: string) =>
      ask('DELETE', `/volumes/${Name}?force=false`, undefined, decisionFor({ volumes: [named] }));
    expect((await remove('x')).said).toContain(`to the volume ${Name}`);
    expect((await remove(Name)).status).toBe(204);
    const { id } = await ask('POST', onPatient('exec'), whoami());
    const start = (container: string) =>
      ask(
        'POST',
        `/exec/${id}/start`,
        { Detach: false, Tty: false },
        decisionFor({ containers: [container] }),
      );
    expect((await start('e'.repeat(64))).said).toContain('was not approved');
    expect((await start(patient.id)).status).toBe(200);
    await addPublicKey(join(guard.dataDir, 'keys', 'decision-public.pem'), foreignKey.publicKey);
    expect((await restart(asHeader(foreign(approvalFor(bound()))))).status).toBe(204);
  });
});

it('its socket is for its owner and their group, taken over from a dead guard and not from a living one', async () => {
  expect((await stat(guard.socketPath)).mode & 0o777).toBe(0o660);
  await expect(startDockerGuard({ env: { GUARD_SOCKET: guard.socketPath } })).rejects.toThrow(
    'something listens',
  );
  expect((await ask('GET', '/_ping')).status).toBe(200);
});
