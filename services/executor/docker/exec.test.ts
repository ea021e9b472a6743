import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { containerCall } from '#libs/actions/engine-port';
import type { ExecEnd } from '#libs/actions/exec-port';
import { readConfig } from '#libs/runtime/config';
import { startContainer, type TestContainer } from '#libs/testing/container';
import { startOwnEngine, testEngine } from '#libs/testing/docker-engine';
import { busyboxImage } from '#libs/testing/images';
import { until } from '#libs/testing/until';
import { executorSettingsSchema } from '../config.ts';
import { type DockerEngine, openEngine } from './docker-engine.ts';

const { docker, dockerHost } = testEngine();
const engine = openEngine(readConfig(executorSettingsSchema, { DOCKER_HOST: dockerHost }));
let patient: TestContainer;
beforeAll(async () => {
  patient = await startContainer(docker, { image: await busyboxImage(docker), cmd: ['sleep', '100000'] });
}, 60_000);
afterAll(async () => {
  await patient[Symbol.asyncDispose]();
  engine[Symbol.dispose]();
});

function run(
  argv: readonly string[],
  timeoutMs = 20_000,
  on = patient.id,
  by: DockerEngine = engine,
): Promise<ExecEnd> {
  const mark = `HEMOSTAT_EXEC=${randomUUID()}`;
  const body = { AttachStdout: true, AttachStderr: true, Env: [mark], Cmd: argv };
  const create = { ...containerCall('POST', on, 'exec'), body };
  const mostBytes = { stdout: 48 * 1024, stderr: 16 * 1024 };
  return by.exec({ create, mark, timeoutMs, mostBytes }, AbortSignal.timeout(60_000));
}
const textOf = ({ stdout }: ExecEnd): string => Buffer.from(stdout).toString();
const processes = async (): Promise<string> => textOf(await run(['ps', '-o', 'args']));

describe('a program in a container', () => {
  it('gets its words one by one, and its streams and its exit code are told apart', async () => {
    const end = await run(['sh', '-c', 'printf "%s|" "$@"; echo bad >&2; exit 3', 'x', 'a b', '$(id)', ';']);
    expect({ ...end, stdout: textOf(end), stderr: Buffer.from(end.stderr).toString() }).toMatchObject({
      stdout: 'a b|$(id)|;|',
      stderr: 'bad\n',
      exit_code: 3,
      began: true,
      timed_out: false,
      truncated: false,
      killed: null,
    });
  });

  it('that is not there did not begin', async () => {
    expect(await run(['nothere'])).toMatchObject({ began: false, timed_out: false });
    expect(await run(['/etc'])).toMatchObject({ began: false });
    expect(await run(['sh', '-c', 'exit 126'])).toMatchObject({ began: true, exit_code: 126 });
  });

  it('that prints 10 MB runs to its end, and 64 KiB are kept', async () => {
    const end = await run(['sh', '-c', 'head -c 10000000 /dev/zero | tr "\\0" a; echo end >&2; exit 7']);
    expect(end).toMatchObject({ truncated: true, exit_code: 7, timed_out: false });
    expect(end.stdout.length).toBe(48 * 1024);
    expect(Buffer.from(end.stderr).toString()).toBe('end\n');
  });

  it('that ignores SIGTERM is killed when its time is over, with all that it started', async () => {
    const began = performance.now();
    const script =
      'trap "" TERM HUP INT; echo first; (sleep 4711; sleep 4712) & while :; do sleep 4713; done';
    const end = await run(['sh', '-c', script], 1_000);
    expect(end).toMatchObject({ timed_out: true, killed: true, exit_code: null, began: true });
    expect(textOf(end)).toBe('first\n');
    expect(performance.now() - began).toBeLessThan(15_000);
    expect(await processes()).not.toContain('471');
    expect((await patient.container.inspect()).State.Running).toBe(true);
  });

  it('that prints without end is killed, too', async () => {
    const end = await run(['sh', '-c', 'while :; do echo flood-4714; done'], 1_000);
    expect(end).toMatchObject({ timed_out: true, killed: true, truncated: true });
    expect(await processes()).not.toContain('flood');
  });

  it('is left running where there is no shell to kill it with, and that is said', async () => {
    await using bare = await startContainer(docker, {
      image: await busyboxImage(docker),
      cmd: ['sh', '-c', 'busybox rm /bin/sh; exec busybox sleep 100000'],
    });
    await until('the shell is gone', async () => !(await run(['/bin/sh', '-c', ':'], 9_000, bare.id)).began);
    expect(await run(['sleep', '4715'], 1_000, bare.id)).toMatchObject({
      timed_out: true,
      killed: false,
      host_pid: expect.any(Number),
    });
  });

  it('ends with its container, by the code of a kill', async () => {
    await using short = await startContainer(docker, {
      image: await busyboxImage(docker),
      cmd: ['sleep', '4716'],
    });
    const ran = run(['sleep', '4717'], 30_000, short.id);
    await until('it runs', async () => JSON.stringify(await short.container.top()).includes('4717'));
    await short.container.kill();
    expect(await ran).toMatchObject({ timed_out: false, began: true });
  });

  it('is refused by the engine where the container is paused or gone', async () => {
    await using other = await startContainer(docker, {
      image: await busyboxImage(docker),
      cmd: ['sleep', '4718'],
    });
    await other.container.pause();
    await expect(run(['ps'], 1_000, other.id)).rejects.toMatchObject({ kind: 'refused', status: 409 });
    await other.container.unpause();
    await other.container.remove({ force: true });
    await expect(run(['ps'], 1_000, other.id)).rejects.toMatchObject({ kind: 'refused', status: 404 });
  });

  it('to which the connection breaks is killed, and is not said to have ended', async () => {
    const open = new Set<Socket>();
    await using relay = createServer((client) => {
      const way = connect(dockerHost.slice('unix://'.length));
      open.add(client);
      for (const end of [client, way]) end.on('error', () => end.destroy());
      client.pipe(way).pipe(client);
    }).listen(0, '127.0.0.1');
    await once(relay, 'listening');
    const { port } = relay.address() as AddressInfo;
    using far = openEngine(readConfig(executorSettingsSchema, { DOCKER_HOST: `tcp://127.0.0.1:${port}` }));
    const ran = run(['sleep', '4721'], 30_000, patient.id, far).catch((error: unknown) => error);
    await until('it runs', async () => (await processes()).includes('4721') || undefined);
    for (const client of open) client.destroy();
    expect(await ran).toMatchObject({ name: 'DockerError', kind: 'no_answer' });
    expect(await processes()).not.toContain('4721');
  });

  it('of which the end is not heard because the engine died is not said to have ended', async () => {
    await using own = await startOwnEngine();
    if (!own) return;
    const image = await busyboxImage(own.docker);
    const frail = await startContainer(own.docker, { image, cmd: ['sleep', '4719'] });
    using doomed = openEngine(readConfig(executorSettingsSchema, { DOCKER_HOST: own.dockerHost }));
    const ran = run(['sleep', '4720'], 30_000, frail.id, doomed).catch((error: unknown) => error);
    await until('it runs', async () => JSON.stringify(await frail.container.top()).includes('4720'));
    await own.kill9();
    expect(await ran).toMatchObject({ name: 'DockerError', kind: 'no_answer' });
  }, 60_000);
});
