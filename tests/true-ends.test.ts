import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Details } from '#libs/contracts/scalars';
import { startContainer, type TestContainer } from '#libs/testing/container';
import { testEngine } from '#libs/testing/docker-engine';
import { testLabel, testRun } from '#libs/testing/docker-engine-labels';
import { type DockerRelay, startDockerRelay } from '#libs/testing/docker-relay';
import { busyboxImage } from '#libs/testing/images';
import { type MeshGround, startMeshGround } from '#libs/testing/mesh-ground';
import { until } from '#libs/testing/until';

const { docker } = testEngine();
let relay: DockerRelay;
let ground: MeshGround;
let image: string;
beforeAll(async () => {
  relay = await startDockerRelay();
  const env = {
    DOCKER_HOST: relay.dockerHost,
    HEMOSTAT_VERIFY_TIMEOUT_SECONDS: '5',
    RESPONDER_COOLDOWN_SECONDS: '1',
  };
  [ground, image] = await Promise.all([startMeshGround({ env }), busyboxImage(docker)]);
}, 120_000);
afterEach(() => {
  relay.before = () => {};
  relay.instead = () => undefined;
});
afterAll(async () => {
  await ground[Symbol.asyncDispose]();
  await relay[Symbol.asyncDispose]();
});

/** How many attempts the circuit breaker has counted. */
async function countedFor({ name }: TestContainer): Promise<unknown> {
  const { body } = await ground.mesh.http('GET', `/api/v1/safety/explain?container=${name}`);
  const gates = body.gates as readonly { gate: string; numbers?: Details }[];
  return gates.find(({ gate }) => gate === 'breaker')?.numbers?.retry_count;
}
async function reachedBy({ remediation_id: id }: Details): Promise<boolean | undefined> {
  return (await ground.record(String(id)))?.finished?.body.reached_docker;
}
async function ask(patient: TestContainer, action: string, more: object = {}): Promise<Details> {
  const { body } = await ground.post({ container: patient.name, action, ...more }, { prefer: 'wait=60' });
  return body;
}
const sleeper = (hostConfig: object) =>
  startContainer(docker, { image, cmd: ['sleep', '100000'], hostConfig });
const words = (...texts: readonly string[]) =>
  expect.stringMatching(new RegExp(texts.map((text) => `(?=[^]*${text})`).join('')));
const lastResult = ({ execution_log: log }: Details) =>
  (log as readonly { result: Details }[]).at(-1)?.result;

/** A container that was stopped, and whose network is gone since. */
async function withoutNetwork(): Promise<TestContainer & { readonly network: string }> {
  const network = `gone-${randomBytes(4).toString('hex')}`;
  await docker.createNetwork({ Name: network, Labels: { [testLabel]: testRun } });
  const patient = await sleeper({ NetworkMode: network });
  await patient.container.stop({ t: 0 });
  await docker.getNetwork(network).remove();
  return { ...patient, network };
}
/** A container that runs in the network of one that is gone since. */
async function withoutOwner(more: object = {}): Promise<TestContainer> {
  await using owner = await sleeper({});
  return await sleeper({ NetworkMode: `container:${owner.id}`, ...more });
}

describe('a call that the engine refused', () => {
  it('names the network that is missing, and what is so now; it is an attempt', async () => {
    await using patient = await withoutNetwork();
    const answer = await ask(patient, 'start');
    const { name, network } = patient;
    expect(answer).toMatchObject({
      outcome: 'failed',
      message: words(
        `${name} is still exited, because .* network ${network} .*is missing`,
        'create both anew',
      ),
    });
    expect(lastResult(answer)).toEqual({
      // The code that Docker has now is that of a start that failed, and of no run.
      now: { status: 'exited', running: false, exit_code: null },
    });
    expect(await countedFor(patient)).toBe(1);
  });

  it('tells of a restart that stopped the container and could not start it again', async () => {
    await using patient = await withoutOwner();
    const answer = await ask(patient, 'restart');
    expect(answer.message).toMatch(
      new RegExp(
        `^${patient.name} was running and has exited, because the container \\w{12}, whose network it shares, is gone`,
      ),
    );
    expect(lastResult(answer)).toMatchObject({ now: { status: 'exited', running: false } });
    expect(await countedFor(patient)).toBe(1);
  });

  it('is no container that is not found, where another one is missing', async () => {
    await using patient = await withoutOwner();
    await patient.container.stop({ t: 0 });
    expect((await ask(patient, 'start')).message).toMatch(
      /is still exited, because the container .* is gone/,
    );
    expect(await countedFor(patient)).toBe(1);
  });

  it('counts nothing where the container itself went at that moment', async () => {
    await using patient = await ground.patient();
    relay.before = async (method) => {
      if (method === 'POST') await patient.container.remove({ force: true });
    };
    const answer = await ask(patient, 'restart');
    const message = `Somebody removed ${patient.name} in the middle of its restart`;
    expect(answer).toMatchObject({ outcome: 'failed', message, result: { reason: 'container_not_found' } });
    expect(await reachedBy(answer)).toBe(false);
  });

  it('counts nothing where another one took its name at that moment, and names that one', async () => {
    await using patient = await ground.patient();
    let other: TestContainer | undefined;
    relay.before = async (method) => {
      if (method !== 'POST' || other) return;
      await patient.container.remove({ force: true });
      other = await startContainer(docker, {
        image: await busyboxImage(docker),
        cmd: ['sleep', '1000'],
        name: patient.name,
      });
    };
    const answer = await ask(patient, 'restart');
    await using successor = other;
    expect(answer).toMatchObject({
      outcome: 'inconclusive',
      result: { reason: 'replaced', replaced_by: { container_id: successor?.id } },
    });
    expect(await reachedBy(answer)).toBe(false);
  });
});

describe('a container that is removed when it ends (--rm)', () => {
  it('is warned of in every dry run that ends its run', async () => {
    await using patient = await sleeper({ AutoRemove: true });
    for (const action of ['restart', 'stop', 'kill']) {
      expect(JSON.stringify(await ask(patient, action, { dry_run: true }))).toContain('(--rm)');
    }
  });

  it('is said to be gone, after a stop and after a restart that could not start it', async () => {
    await using stopped = await sleeper({ AutoRemove: true });
    await using lost = await withoutOwner({ AutoRemove: true });
    expect(await ask(stopped, 'stop')).toMatchObject({
      outcome: 'recovered',
      message: `Container stopped and exited. ${stopped.name} was removed when it ended (--rm)`,
    });
    const answer = await ask(lost, 'restart');
    expect(answer.message).toMatch(
      / was running and is gone, because .*\. .* was removed when it ended \(--rm\)$/,
    );
    expect(lastResult(answer)).toMatchObject({ now: { status: 'gone' } });
  });
});

it('a refusal before Docker is no attempt, however often, and shows no HTML', async () => {
  await using patient = await ground.patient();
  const body = '<html><body><h1>Forbidden</h1></body></html>';
  for (const status of [403, 401, 407, 403]) {
    relay.instead = (method) => (method === 'POST' ? { status, body } : undefined);
    const answer = await ask(patient, 'restart');
    expect(answer.message).toMatch(/is still running, because a proxy .*HTTP 40.: an HTML page\. Allow/);
    expect(JSON.stringify(answer)).not.toContain('<h1>');
    expect(await countedFor(patient)).toBe(0);
  }
  relay.instead = () => undefined;
  expect(await ask(patient, 'restart')).toMatchObject({ outcome: 'recovered' });
});

it('a look that fails takes nothing from what is known without it', async () => {
  await using patient = await ground.patient();
  let posted = false;
  relay.instead = (method, path) => {
    posted ||= method === 'POST';
    return posted && path.includes(patient.id) ? { status: 403, body: 'no' } : undefined;
  };
  expect((await ask(patient, 'restart')).message).toMatch(/^A proxy before .* HTTP 403: no\. Allow/);
});

it('a proxy that gives up a call which it passed on leaves the end to be found by looking', async () => {
  await using patient = await ground.patient();
  relay.before = async (method) => {
    if (method === 'POST') await patient.container.restart({ t: 0 });
  };
  relay.instead = (method) => (method === 'POST' ? { status: 504, body: '<h1>504</h1>' } : undefined);
  expect(await ask(patient, 'restart')).toMatchObject({ outcome: 'recovered' });
  expect(await ground.restartsOf(patient)).toBe(1);
});

it('whoever lost its network to a restart is named over HTTP and over NATS', async () => {
  await using owner = await ground.patient();
  await using guest = await sleeper({ NetworkMode: `container:${owner.id}` });
  await until('the guest is known', async () => {
    const { body } = await ground.mesh.http('GET', '/api/v1/targets');
    return JSON.stringify(body).includes(guest.name) || undefined;
  });
  const message = `Container restarted and running. ${guest.name} shared the network of ${owner.name} and lost it; restart it, too`;
  const answer = await ask(owner, 'restart');
  expect(answer).toMatchObject({ outcome: 'recovered', message });
  expect(lastResult(answer)).toMatchObject({ network_lost_by: [guest.name] });
  expect(await ground.eventOf(owner)).toMatchObject({
    result: { status: 'success', details: message, network_lost_by: [guest.name] },
    execution_log: [{ result: { network_lost_by: [guest.name] } }],
  });
});
