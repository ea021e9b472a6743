import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startContainer, type TestContainer } from '#libs/testing/container';
import { countEvents } from '#libs/testing/container-events';
import { testEngine } from '#libs/testing/docker-engine';
import { type Ran, runHemostat, startHemostat } from '#libs/testing/hemostat-command';
import { busyboxImage } from '#libs/testing/images';
import { type NatsServer, startNatsServer } from '#libs/testing/nats-server';
import { until } from '#libs/testing/until';
import { type Mesh, startMesh } from './mesh.ts';

/** Every command against a whole mesh in this process, with a real engine and its containers. */

const { docker, dockerHost } = testEngine();
const since = Date.now();
const stop = new AbortController();
const adminToken = 'admin-token-of-this-test';
const observerToken = 'observer-token-of-this-test';
let image: string;
let server: NatsServer;
let dataDir: string;
let mesh: Mesh;
let env: Record<string, string>;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'hemostat-cli-'));
  [image, server] = await Promise.all([busyboxImage(docker), startNatsServer()]);
  mesh = await startMesh({
    signal: stop.signal,
    env: {
      NATS_URL: server.url,
      DOCKER_HOST: dockerHost,
      GATEWAY_PORT: '0',
      GATEWAY_TOKEN: adminToken,
      GATEWAY_TOKENS: JSON.stringify([{ principal: 'onlooker', scopes: ['observe'], token: observerToken }]),
      HEMOSTAT_DATA_DIR: dataDir,
      HEMOSTAT_STABILITY_SECONDS: '0.5',
      HEMOSTAT_VERIFY_POLL_MS: '200',
      LOG_LEVEL: 'silent',
    },
  });
  env = { HEMOSTAT_URL: mesh.gatewayUrl, HEMOSTAT_TOKEN: adminToken, HEMOSTAT_DATA_DIR: dataDir };
}, 60_000);
afterAll(async () => {
  stop.abort();
  await mesh[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await rm(dataDir, { recursive: true, force: true });
});

const hemostat = (...args: readonly string[]): Promise<Ran> => runHemostat(args, env);
const patient = (cmd: readonly string[] = ['sleep', '1000']): Promise<TestContainer> =>
  startContainer(docker, { image, cmd });
const restartsOf = ({ id }: TestContainer): Promise<number> =>
  countEvents(docker, { container: id, action: 'restart', since });

describe('hemostat status, targets and explain', () => {
  it('say that the mesh can heal, whom, and whether now', async () => {
    await using target = await patient();
    const status = await hemostat('status');
    expect(status).toMatchObject({ code: 0, stdout: expect.stringMatching(/ is ok\n[\s\S]*docker +ok/) });
    const targets = await hemostat('targets');
    expect(targets).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`local/container/${target.name}`),
    });
    const explained = await hemostat('explain', target.name);
    expect(explained.code).toBe(0);
    expect(explained.stdout).toMatch(/would be approved[\s\S]*GATE[\s\S]*cooldown +pass/);
  });

  it('answer with one JSON document each', async () => {
    await using target = await patient();
    expect((await hemostat('status', '--json')).json).toMatchObject({
      health: { status: 'ok' },
      control: { kill_switch: null },
      active: expect.any(Array),
    });
    expect((await hemostat('targets', '--json')).json.targets.length).toBeGreaterThan(0);
    expect((await hemostat('--json', 'explain', target.name, 'stop')).json).toMatchObject({
      would_be: 'approved',
      gates: expect.any(Array),
    });
  });
});

describe('hemostat remediate', () => {
  it('heals, shows the steps and ends with 0; then it is refused with 3, the gates and what to do', async () => {
    await using target = await patient();
    const healed = await hemostat(
      'remediate',
      target.name,
      'restart',
      '--reason',
      'a test',
      '--confidence',
      '0.9',
    );
    expect(healed).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^recovered: [\s\S]*restart +success/),
    });
    const refused = await hemostat('remediate', target.name, 'restart');
    expect(refused.code).toBe(3);
    expect(refused.stdout).toMatch(
      /^rejected: [\s\S]*cooldown +NO[\s\S]*what to do: [^\n]*hemostat safety reset/,
    );
    expect(await restartsOf(target)).toBe(1);
    const explained = await hemostat('explain', target.name, '--json');
    expect(explained).toMatchObject({ code: 3, json: { would_be: 'refused' } });
    const status = await hemostat('status');
    expect(status.stdout).toMatch(new RegExp(`local/container/${target.name}.*left`));
  });

  it('is done once under one key, however often it is asked for', async () => {
    await using target = await patient();
    const ask = ['remediate', target.name, 'restart', '--key', randomUUID(), '--json'];
    const answers = await Promise.all([hemostat(...ask), hemostat(...ask), hemostat(...ask)]);
    expect(answers.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(new Set(answers.map(({ json }) => json.remediation_id)).size).toBe(1);
    expect(await restartsOf(target)).toBe(1);
  });

  it('shows what a dry run would do, and ends with 3 where it would be refused', async () => {
    await using target = await patient();
    const would = await hemostat('remediate', target.name, 'restart', '--dry-run');
    expect(would).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`/containers/${target.id}/restart`),
    });
    await hemostat('remediate', target.name, 'restart');
    expect((await hemostat('remediate', target.name, 'restart', '--dry-run')).code).toBe(3);
    expect(await restartsOf(target)).toBe(1);
  });

  it('overrides a gate with a reason, and takes parameters', async () => {
    await using target = await patient();
    await hemostat('remediate', target.name, 'restart');
    const glass = ['--override', 'cooldown,rate', '--reason', 'I know better'];
    const killed = await hemostat('remediate', target.name, 'kill', '--param', 'signal=SIGKILL', ...glass);
    expect(killed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^recovered: /) });
    const { State } = await target.container.inspect();
    expect(State.Running).toBe(false);
  });

  it('ends with 1 when it ran and did not help', async () => {
    await using target = await patient(['sh', '-c', 'exit 3']);
    const ran = await hemostat('remediate', target.name, 'restart', '--json');
    expect(ran).toMatchObject({ code: 1, json: { outcome: 'ineffective' } });
  });

  it('ends with 6 when the waiting is over before the end, and with 0 when nobody wants to wait', async () => {
    await using slow = await startContainer(docker, {
      image,
      cmd: ['sh', '-c', 'trap "" TERM; while :; do sleep 1; done'],
      create: { StopTimeout: 4 },
      hostConfig: { Init: false },
    });
    const asked = await hemostat('remediate', slow.name, 'restart', '--wait', '1');
    expect(asked.code).toBe(6);
    const [, id = ''] = /hemostat watch (\S+)/.exec(asked.stderr) ?? [];
    expect(await hemostat('watch', id)).toMatchObject({ code: 0, stdout: expect.stringContaining(id) });
    await using other = await patient();
    const left = await hemostat('remediate', other.name, 'restart', '--wait', '0', '--json');
    expect(left).toMatchObject({ code: 0, json: { remediation_id: expect.any(String) } });
    expect((await hemostat('watch', left.json.remediation_id)).code).toBe(0);
  });

  it('leaves the remediation running on Ctrl-C, and says how to look at it again', async () => {
    await using slow = await startContainer(docker, {
      image,
      cmd: ['sh', '-c', 'trap "" TERM; while :; do sleep 1; done'],
      create: { StopTimeout: 3 },
      hostConfig: { Init: false },
    });
    const asked = startHemostat(['remediate', slow.name, 'restart'], env);
    const lease = await until('it is leased', async () => {
      const { json } = await hemostat('safety', 'show', slow.name, '--json');
      return json.cells[0]?.lease?.remediation_id;
    });
    asked.kill('SIGINT');
    expect(await asked.ended).toMatchObject({
      code: 130,
      stderr: expect.stringContaining(`hemostat watch ${lease}`),
    });
    expect(await hemostat('watch', lease, '--json')).toMatchObject({
      code: 0,
      json: { outcome: 'recovered' },
    });
  });

  it('says cause and remedy of what cannot be asked for', async () => {
    const missing = await hemostat('remediate', 'nobody-has-this', 'restart');
    expect(missing).toMatchObject({ code: 3, stdout: expect.stringContaining('hemostat targets') });
    const action = await hemostat('remediate', 'web-1', 'explode');
    expect(action).toMatchObject({ code: 2, stderr: expect.stringContaining('"explode" is no action') });
    const params = await hemostat('remediate', 'web-1', 'kill', '--param', 'signal=SIGNOPE');
    expect(params).toMatchObject({ code: 2, stderr: expect.stringContaining('params.signal') });
  });
});

describe('hemostat watch', () => {
  it('tells what happens to one container or to all, a line each, until Ctrl-C', async () => {
    await using target = await patient();
    await using other = await patient();
    const [one, all] = [['--container', target.name], ['--json']].map((more) =>
      startHemostat(['watch', ...more], env),
    );
    await Promise.all([one?.says('Watching'), all?.says('Watching')]);
    await hemostat('remediate', target.name, 'restart');
    await hemostat('remediate', other.name, 'restart', '--dry-run');
    await one?.says('complete');
    await until('the dry run is told', () => all?.stdout().includes('"dry_run":true') || undefined);
    for (const each of [one, all]) each?.kill('SIGINT');
    await one?.ended;
    expect(one?.stdout()).toMatch(/requested[\s\S]*decided[\s\S]*verified[\s\S]*complete/);
    expect(one?.stdout()).not.toContain(other.name);
    const types = (all?.stdout() ?? '')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).type);
    expect(types.slice(0, 2)).toEqual(['requested', 'decided']);
  });
});

describe('hemostat safety, pause and resume', () => {
  it('show what holds a target back, and reset it with a reason', async () => {
    await using target = await patient();
    await hemostat('remediate', target.name, 'restart');
    const shown = await hemostat('safety', 'show', target.name);
    expect(shown.stdout).toMatch(/Not paused[\s\S]*COOLDOWN[\s\S]*left/);
    const parts = ['--parts', 'cooldown,rate', '--reason', 'a test'];
    const reset = await hemostat('safety', 'reset', target.name, ...parts);
    expect(reset).toMatchObject({ code: 0, stdout: expect.stringMatching(/RESET[\s\S]*yes/) });
    expect((await hemostat('explain', target.name)).code).toBe(0);
    expect(
      (await hemostat('safety', 'reset', '--all', '--reason', 'a test', '--json')).json.reset,
    ).not.toEqual([]);
  });

  it('stop every remediation with a reason and an end, and let them go on', async () => {
    await using target = await patient();
    const paused = await hemostat('pause', '--reason', 'change freeze', '--for', '2h', '--json');
    expect(paused.code).toBe(0);
    const lastsMs = Date.parse(paused.json.control.kill_switch.until) - Date.now();
    expect(lastsMs).toBeGreaterThan(7_100_000);
    expect(lastsMs).toBeLessThan(7_210_000);
    expect(await hemostat('remediate', target.name, 'restart')).toMatchObject({
      code: 3,
      stdout: expect.stringContaining('hemostat resume'),
    });
    expect(await hemostat('status')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('change freeze'),
    });
    expect((await hemostat('safety', 'show')).stdout).toContain('Paused by admin');
    expect((await hemostat('resume', '--reason', 'freeze is over')).stdout).toContain('Not paused');
    expect((await hemostat('remediate', target.name, 'restart')).code).toBe(0);
  });

  it('want a reason, and one container or all', async () => {
    for (const args of [['pause'], ['resume'], ['safety', 'reset', 'web-1'], ['pause', '--reason', ' ']])
      expect(await hemostat(...args)).toMatchObject({ code: 2, stderr: expect.stringContaining('--reason') });
    expect((await hemostat('safety', 'reset', '--reason', 'x')).code).toBe(2);
    expect((await hemostat('pause', '--reason', 'x', '--for', '2 weeks')).code).toBe(2);
  });
});

describe('hemostat audit', () => {
  it('finds, tails and verifies what was done', async () => {
    await using target = await patient();
    const tail = startHemostat(['audit', 'tail', '-f', '-n', '1'], env);
    await until('it has begun', () => tail.stdout() !== '' || undefined);
    await hemostat('remediate', target.name, 'restart', '--reason', 'for the audit');
    await tail.says(target.name);
    const query = ['audit', 'query', '--container', target.name, '--since', '5m'];
    const found = await until('the end is there', async () => {
      const ran = await hemostat(...query, '--event', 'complete');
      return ran.stdout.includes('recovered') ? ran : undefined;
    });
    expect(found).toMatchObject({ code: 0, stdout: expect.stringMatching(/EVENT[\s\S]*admin/) });
    const { json } = await hemostat(...query, '--limit', '2', '--json');
    expect(json).toMatchObject({ truncated: true, records: [expect.anything(), expect.anything()] });
    expect((await hemostat('audit', 'query', '--until', '30d')).stdout).toBe('Nothing fits.\n');
    tail.kill('SIGINT');
    expect((await tail.ended).code).toBe(130);
    const lines = tail
      .stdout()
      .trim()
      .split('\n')
      .map((line) => Number(line.split(' ')[0]));
    expect(lines).toEqual(lines.map((_, at) => (lines[0] ?? 0) + at));
    const verified = await hemostat('audit', 'verify');
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining('The audit verifies') });
    expect((await hemostat('audit', 'verify', '--json')).json).toMatchObject({ ok: true });
  });

  it('takes an instant, and names what is none', async () => {
    expect((await hemostat('audit', 'query', '--since', '2020-01-01', '--limit', '1')).code).toBe(0);
    const wrong = await hemostat('audit', 'query', '--since', 'yesterday');
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('24h') });
    expect((await hemostat('audit', 'query', '--limit', 'many')).code).toBe(2);
  });
});

describe('the token', () => {
  it('that may not do it, is unknown, or is missing ends with 5, cause and remedy', async () => {
    const as = (token: string, ...args: readonly string[]) =>
      runHemostat(args, { HEMOSTAT_URL: mesh.gatewayUrl, HEMOSTAT_TOKEN: token, HEMOSTAT_DATA_DIR: dataDir });
    expect(await as(observerToken, 'safety', 'show')).toMatchObject({ code: 0 });
    const lacking = await as(observerToken, 'pause', '--reason', 'x');
    expect(lacking).toMatchObject({ code: 5, stderr: expect.stringContaining('lacks the scope admin') });
    expect((await as('nobody-knows-this-token', 'safety', 'show')).code).toBe(5);
    const none = await as('', 'safety', 'show', '--json');
    expect(none).toMatchObject({
      code: 5,
      json: { code: 'unauthenticated' },
      stderr: expect.stringContaining('HEMOSTAT_TOKEN_FILE'),
    });
  });
});

describe('hemostat doctor', () => {
  it('finds all well beside a mesh that runs', async () => {
    const place = {
      NATS_URL: server.url,
      DOCKER_HOST: dockerHost,
      GATEWAY_PORT: new URL(mesh.gatewayUrl).port,
    };
    const { code, json, stderr } = await runHemostat(['doctor', '--json'], { ...env, ...place });
    expect({ code, stderr, json }).toMatchObject({ code: 0, json: { ok: true } });
    expect(json.checks.every(({ state }: { state: string }) => state === 'ok')).toBe(true);
  });
});
