import type { ContainerInspectInfo } from 'dockerode';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callRpc } from '#libs/bus/rpc';
import { safetyVerbs } from '#libs/contracts/rpc';
import type { Details } from '#libs/contracts/scalars';
import { rpcSubject } from '#libs/contracts/subjects';
import {
  type ComposeProject,
  composeLabels,
  composeProject,
  type SiblingOptions,
} from '#libs/testing/compose-project';
import { testEngine } from '#libs/testing/docker-engine';
import { busyboxImage } from '#libs/testing/images';
import { type MeshGround, startMeshGround } from '#libs/testing/mesh-ground';
import { until } from '#libs/testing/until';

const { docker } = testEngine();
let ground: MeshGround;
beforeAll(async () => {
  ground = await startMeshGround({ env: { HEMOSTAT_VERIFY_TIMEOUT_SECONDS: '5' } });
}, 120_000);
afterAll(() => ground[Symbol.asyncDispose]());

async function ask(container: string, action: string, more: object = {}): Promise<Details> {
  const { body } = await ground.post({ container, action, ...more }, { prefer: 'wait=60' });
  return body;
}

/** Two networks, as Compose makes them. */
async function networks({ project }: ComposeProject): Promise<readonly string[]> {
  const names = [`${project}_front`, `${project}_back`];
  for (const Name of names) {
    const Labels = { 'com.docker.compose.project': project };
    await docker.createNetwork({ Name, Labels });
  }
  return names;
}

/** A sibling that has a port of the host for itself. */
async function publishing({ project }: ComposeProject, service: string, HostPort: string): Promise<void> {
  const made = await docker.createContainer({
    name: `${project}-${service}-1`,
    Image: await busyboxImage(docker),
    Cmd: ['sleep', '1000000'],
    Labels: composeLabels(project, service, 1),
    ExposedPorts: { '80/tcp': {} },
    HostConfig: { PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort }] } },
  });
  await made.start();
}

/** What must be alike in a container and its clone. */
function comparable({ Config, HostConfig, Image, NetworkSettings, Mounts }: ContainerInspectInfo): Details {
  const { Hostname: _, Labels, ...config } = Config;
  const own = ['com.docker.compose.container-number', 'hemostat.remediation'];
  const kept = Object.entries(Labels).filter(([name]) => !own.includes(name));
  return {
    config: { ...config, Labels: Object.fromEntries(kept) },
    hostConfig: HostConfig,
    Image,
    networks: Object.keys(NetworkSettings.Networks).sort(),
    mounts: Mounts.filter(({ Type }) => Type === 'bind').map(({ Source, Destination, RW }) => [
      Source,
      Destination,
      RW,
    ]),
  };
}
const aliasesIn = ({ NetworkSettings, Id }: ContainerInspectInfo, network: string) =>
  NetworkSettings.Networks[network]?.Aliases?.filter((alias: string) => !Id.startsWith(alias)).sort();

describe('a service of a Compose project', () => {
  it('gets a faithful clone of a running sibling under the next free number, verified; then it rests', async () => {
    await using compose = composeProject();
    const [front = '', back = ''] = await networks(compose);
    const service = 'api.v2';
    const name = `${compose.project}-${service}-1`;
    const sibling = await compose.sibling(service, 1, {
      labels: { tier: 'web', 'com.docker.compose.replace': 'gone' },
      env: { PASSWORD: 'canary-4712', MODE: 'blue' },
      healthcheck: { Test: ['CMD', 'true'], Interval: 2e8, Timeout: 1e9, Retries: 3 },
      create: {
        StopTimeout: 4,
        User: '0:0',
        WorkingDir: '/tmp',
        Volumes: { '/anonymous': {} },
        NetworkingConfig: { EndpointsConfig: { [front]: { Aliases: [service, name, 'web'] } } },
      },
      hostConfig: {
        NetworkMode: front,
        Memory: 67_108_864,
        NanoCpus: 500_000_000,
        PidsLimit: 50,
        RestartPolicy: { Name: 'unless-stopped' },
        Binds: ['/tmp:/shared:ro'],
        Init: true,
        CapDrop: ['NET_RAW'],
        LogConfig: { Type: 'json-file', Config: { 'max-size': '1m' } },
      },
      publish: [8080],
    });
    await docker.getNetwork(back).connect({ Container: sibling.id, EndpointConfig: { Aliases: ['behind'] } });

    const answer = await ask(name, 'scale_up');
    expect(answer).toMatchObject({
      outcome: 'recovered',
      message: `Service ${compose.project}/${service} scaled from 1 to 2 replicas and running`,
    });
    const clone = `${compose.project}-${service}-2`;
    expect(await compose.containers(service)).toEqual([name, clone]);
    const [original, copy] = await Promise.all([compose.inspect(name), compose.inspect(clone)]);
    const { 'com.docker.compose.replace': _, ...labels } = original.Config.Labels;
    expect(comparable(copy)).toEqual(
      comparable({ ...original, Config: { ...original.Config, Labels: labels } }),
    );
    expect(copy.Config.Labels).toMatchObject({
      'com.docker.compose.container-number': '2',
      'hemostat.remediation': answer.remediation_id,
    });
    expect(copy.Config.Hostname).toBe(copy.Id.slice(0, 12));
    expect(aliasesIn(copy, front)).toEqual([service, clone, 'web'].sort());
    expect(aliasesIn(copy, back)).toEqual(['behind']);
    const volumes = [original, copy].map(({ Mounts }) => Mounts.find(({ Type }) => Type === 'volume')?.Name);
    expect(new Set(volumes).size).toBe(2);

    const step = (await ground.record(String(answer.remediation_id)))?.steps[0];
    expect(step?.started?.body.calls.map((call) => call.split(' ').slice(0, 2).join(' '))).toEqual([
      `POST /containers/create?name=${clone}`,
      expect.stringMatching(/^POST \/networks\/[0-9a-f]{64}\/connect$/),
      `POST /containers/${clone}/start`,
    ]);
    expect(JSON.stringify(step)).not.toContain('canary-4712');
    expect(await ask(clone, 'scale_up')).toMatchObject({ reason: 'cooldown_active' });
  }, 60_000);

  it('makes a clone of a container in which no file was ever changed', async () => {
    await using compose = composeProject();
    const { name, container } = await compose.sibling('api', 1, { hostConfig: { Init: false } });
    expect(String(await container.changes())).toMatch(/null/);
    expect((await ask(name, 'scale_up')).outcome).toBe('recovered');
  });

  it('is scaled to a number, by the lowest free numbers, and down again from the highest', async () => {
    await using compose = composeProject();
    const { project } = compose;
    await compose.sibling('api', 1);
    await compose.sibling('api', 3);
    await using _taken = await compose.sibling('api', 4, {
      name: `${project}-api-2`,
      labels: { 'com.docker.compose.oneoff': 'True' },
    });
    expect(await ask(`${project}-api-1`, 'scale_up', { params: { replicas: 4 } })).toMatchObject({
      outcome: 'recovered',
    });
    const all = [1, 3, 4, 5].map((number) => `${project}-api-${number}`);
    expect(await compose.containers('api')).toEqual([`${project}-api-2`, ...all].sort());
    expect(await ask(`${project}-api-1`, 'scale_down', { params: { replicas: 2 } })).toMatchObject({
      outcome: 'recovered',
      message: `Service ${project}/api scaled from 4 to 2 replicas and running`,
    });
    expect(await compose.containers('api')).toEqual([1, 2, 3].map((number) => `${project}-api-${number}`));
  }, 60_000);

  it('is scaled by the event of a publisher, too, and told in the shape of the document', async () => {
    await using compose = composeProject();
    const { name } = await compose.sibling('api', 1);
    await ground.publish({
      event_type: 'remediation_needed',
      container: name,
      action: 'scale_up',
      replicas: 3,
    });
    const event = await until('told', () => ground.heard.find(({ container }) => container === name), 30_000);
    expect(event.result).toEqual({
      status: 'success',
      action: 'scale_up',
      container: name,
      details: `Service ${compose.project}/api scaled from 1 to 3 replicas and running`,
      service: `${compose.project}/api`,
      previous_replicas: 1,
      new_replicas: 3,
    });
    expect(await compose.containers('api')).toHaveLength(3);
    const explain = (action: string) =>
      callRpc(
        ground.client.bus,
        rpcSubject('safety', 'explain'),
        safetyVerbs.explain,
        { container: name, action, principal: 'anonymous' },
        { timeoutMs: 5_000 },
      );
    expect(await explain('scale_up')).toMatchObject({
      target: `local/compose/${compose.project}/api`,
      reason: 'cooldown_active',
    });
    expect(await explain('scale_down')).toMatchObject({ would_be: 'approved' });
    expect(await explain('restart')).toMatchObject({ would_be: 'approved' });
  }, 60_000);

  it('whose clone does not stay up is not called scaled well', async () => {
    await using compose = composeProject();
    await compose.sibling('api', 1, {
      cmd: ['sh', '-c', 'if [ -e /shared/up ]; then exit 3; fi; touch /shared/up; sleep 1000000'],
      hostConfig: { Binds: [`${compose.project}:/shared`] },
    });
    const answer = await ask(`${compose.project}-api-1`, 'scale_up');
    expect(answer).toMatchObject({
      outcome: 'ineffective',
      message: expect.stringContaining('has exited with exit code 3'),
    });
    await compose[Symbol.asyncDispose]();
    await docker.getVolume(compose.project).remove();
  }, 60_000);

  it('cannot be cloned where only one container can be, and the reason is said', async () => {
    await using compose = composeProject();
    const { project } = compose;
    const net = `${project}_static`;
    await docker.createNetwork({
      Name: net,
      Labels: { 'com.docker.compose.project': project },
      IPAM: { Driver: 'default', Config: [{ Subnet: '10.213.77.0/24' }] },
    });
    const cases: readonly (readonly [string, SiblingOptions, string])[] = [
      ['named', { name: `${project}-of-my-own` }, 'a name of its own'],
      [
        'static',
        {
          hostConfig: { NetworkMode: net },
          create: {
            NetworkingConfig: {
              EndpointsConfig: { [net]: { IPAMConfig: { IPv4Address: '10.213.77.9' } } },
            },
          },
        },
        'static address 10.213.77.9',
      ],
      ['limited', { labels: { 'hemostat.max_replicas': '1' } }, 'may have 1 at most'],
    ];
    await publishing(compose, 'ports', '18477');
    expect(await ask(`${project}-ports-1`, 'scale_up')).toMatchObject({
      outcome: 'not_applicable',
      message: expect.stringContaining('fixed port 18477'),
    });
    for (const [service, options, said] of cases) {
      await using only = await compose.sibling(service, 1, options);
      expect(await ask(only.name, 'scale_up')).toMatchObject({
        outcome: 'not_applicable',
        message: expect.stringContaining(said),
      });
      expect(await ask(only.name, 'scale_down')).toMatchObject({ outcome: 'not_applicable' });
      expect(await compose.containers(service)).toHaveLength(1);
    }
  }, 60_000);

  it('keeps its last running container, and what lives in the network of another', async () => {
    await using compose = composeProject();
    const { project } = compose;
    const down = await compose.sibling('api', 1);
    await compose.sibling('api', 2);
    await down.container.stop({ t: 0 });
    expect(await ask(`${project}-api-2`, 'scale_down')).toMatchObject({
      outcome: 'not_applicable',
      message: expect.stringContaining('none of those that stay runs'),
    });
    await down.container.start();
    await compose.sibling('sidecar', 1, { hostConfig: { NetworkMode: `container:${project}-api-2` } });
    expect(await ask(`${project}-api-2`, 'scale_down')).toMatchObject({
      outcome: 'not_applicable',
      message: expect.stringContaining(`${project}-sidecar-1 would lose the network`),
    });
    expect(await compose.containers('api')).toHaveLength(2);
  }, 60_000);

  it('is scaled by one at a time, and the one that is to go is not touched by another meanwhile', async () => {
    await using compose = composeProject();
    const { project } = compose;
    await compose.sibling('api', 1);
    await compose.sibling('api', 2, {
      cmd: ['sh', '-c', "trap '' TERM; while :; do sleep 0.1; done"],
      create: { StopTimeout: 3 },
      hostConfig: { Init: false },
    });
    const first = await ground.post({ container: `${project}-api-1`, action: 'scale_down' });
    const [again, restart] = await Promise.all([
      ask(`${project}-api-2`, 'scale_up'),
      ask(`${project}-api-2`, 'restart'),
    ]);
    expect(again).toMatchObject({ reason: 'busy' });
    expect(restart).toMatchObject({ reason: 'busy' });
    const { body } = await ground.mesh.http('GET', `/api/v1/remediations/${first.body.remediation_id}`);
    expect(body).toMatchObject({ action: 'scale_down' });
  }, 60_000);
});

describe('a standalone container', () => {
  it('cannot be scaled, and nothing is done', async () => {
    await using patient = await ground.patient();
    for (const action of ['scale_up', 'scale_down']) {
      expect(await ask(patient.name, action)).toMatchObject({
        outcome: 'not_applicable',
        message: expect.stringContaining('Standalone containers cannot be scaled'),
      });
    }
  }, 30_000);
});
