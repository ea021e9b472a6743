import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publishStored } from '#libs/bus/live';
import type { Details } from '#libs/contracts/scalars';
import { inboxSubject, streams } from '#libs/contracts/subjects';
import { startContainer, type TestContainer } from '#libs/testing/container';
import { testEngine } from '#libs/testing/docker-engine';
import { busyboxImage } from '#libs/testing/images';
import { type MeshGround, startMeshGround } from '#libs/testing/mesh-ground';
import { until } from '#libs/testing/until';

const { docker } = testEngine();
const commands = JSON.stringify({ 'my-check': { options: { '-t': 'number' } } });
let ground: MeshGround;
let image: string;
beforeAll(async () => {
  [ground, image] = await Promise.all([
    startMeshGround({ env: { HEMOSTAT_EXEC_COMMANDS: commands, HEMOSTAT_RATE_LIMIT: '1000' } }),
    busyboxImage(docker),
  ]);
}, 120_000);
afterAll(() => ground[Symbol.asyncDispose]());

/** A container in which `name` is this script. */
const withProgram = (
  name: string,
  script: string,
  env: Record<string, string> = {},
): Promise<TestContainer> =>
  startContainer(docker, {
    image,
    cmd: [
      'sh',
      '-c',
      'rm -f "/bin/$0"; printf "#!/bin/sh\\n%s\\n" "$1" > "/bin/$0"; chmod +x "/bin/$0"; exec sleep 100000',
      name,
      script,
    ],
    env,
  });
async function ask(patient: TestContainer, command: unknown, more: object = {}): Promise<Details> {
  const { body } = await ground.post(
    { container: patient.name, action: 'exec', params: { command, ...more } },
    { prefer: 'wait=60' },
  );
  return body;
}
const resultOf = (body: Details): unknown => (body.execution_log as readonly Details[])[0]?.result;
const restart = async (patient: TestContainer): Promise<unknown> =>
  (await ground.post({ container: patient.name, action: 'restart' }, { prefer: 'wait=60' })).body.outcome;
/** The command lines of what runs in it. */
const processesIn = async ({ container }: TestContainer): Promise<readonly string[]> =>
  (await container.top()).Processes.map((row: readonly string[]) => row.at(-1) ?? '');

describe('exec', () => {
  it('tells what a command printed, as a text or a list, and spends no budget of changes', async () => {
    await using patient = await ground.patient();
    const listed = await ask(patient, 'ps -o pid,args');
    expect(listed).toMatchObject({
      outcome: 'executed',
      message: `Ran ps -o pid,args in ${patient.name}: exit code 0`,
    });
    expect(resultOf(listed)).toMatchObject({
      status: 'completed',
      command: 'ps -o pid,args',
      exit_code: 0,
      output: expect.stringContaining('sleep 1000000'),
      timed_out: false,
      container_id: patient.id,
    });
    expect(resultOf(await ask(patient, ['uname', '-s']))).toMatchObject({ output: 'Linux\n' });
    expect(resultOf(await ask(patient, 'my-check -t 3'))).toMatchObject({ status: 'not_available' });
    expect(await restart(patient)).toBe('recovered');
    expect(resultOf(await ask(patient, 'whoami'))).toMatchObject({ output: 'root\n' });
  });

  it('takes the command at the top level, over HTTP and over NATS, and tells its end as the document does', async () => {
    await using dotted = await startContainer(docker, {
      image,
      cmd: ['sleep', '1000'],
      name: `hemostat-test.web.${process.pid}.v1`,
    });
    const { body } = await ground.post(
      { container: dotted.name, action: 'exec', command: 'pwd' },
      { prefer: 'wait=60' },
    );
    expect(resultOf(body)).toMatchObject({ command: 'pwd', output: '/\n' });
    const both = { container: dotted.name, action: 'exec', command: 'pwd', params: { command: 'pwd' } };
    expect((await ground.post(both)).body).toMatchObject({ status: 400, errors: [{ field: 'command' }] });

    await using patient = await ground.patient();
    await ground.publish({
      event_type: 'remediation_needed',
      container: patient.name,
      action: 'exec',
      command: 'date -u +%Z',
    });
    expect(await ground.eventOf(patient)).toMatchObject({
      action: 'exec',
      result: { status: 'success', command: 'date -u +%Z', exit_code: 0, output: 'UTC\n' },
      data: { result: { output: 'UTC\n' } },
    });
  });

  it('denies what is outside the grammar by both doors, says what is allowed, and who asked for what stands in the audit', async () => {
    await using patient = await ground.patient();
    for (const [command, said] of [
      ['rm -rf /', 'Allowed: ps, top,'],
      ['env sh -c id', 'env takes no arguments'],
      ['ps; id', 'must not hold ";"'],
      ['ss -K', 'Allowed for ss: -a;'],
      ['my-check -t x', 'it takes a number'],
    ] as const) {
      const { status, body } = await ground.post({
        container: patient.name,
        action: 'exec',
        params: { command },
      });
      expect([status, body.errors]).toMatchObject([
        400,
        [{ field: 'params.command', message: expect.stringContaining(said) }],
      ]);
      expect(await ask(patient, command, { dry_run: true })).toMatchObject({ status: 400 });
    }
    await publishStored(ground.client.bus, `${inboxSubject}.mallory`, {
      container: patient.name,
      action: 'exec',
      command: 'date -s 2020-01-01',
    });
    const rejected = { status: 'rejected', reason: 'invalid_request', field: 'params.command' };
    expect(await ground.eventOf(patient)).toMatchObject(rejected);
    // Ten refusals in a minute, and no rate was spent.
    expect(await ask(patient, 'date')).toMatchObject({ outcome: 'executed' });
    const ended = await until('the audit has all of them', async () => {
      const answer = await ground.mesh.http('GET', `/api/v1/audit?event=decided&container=${patient.name}`);
      const records = answer.body.records as readonly Details[];
      return records.length === 12 ? records : undefined;
    });
    const audited = { user: 'mallory', status: 'rejected', action: 'exec' };
    const params = { command: 'date -s 2020-01-01', door: 'nats' };
    expect(ended).toContainEqual(
      expect.objectContaining({ ...audited, params: expect.objectContaining(params) }),
    );
    expect((await patient.container.inspect()).ExecIDs).toBeNull();
  });

  it('shows the exact call in a dry run, and does nothing', async () => {
    await using patient = await ground.patient();
    const body = { container: patient.name, action: 'exec', command: 'top', dry_run: true };
    const preview = JSON.stringify((await ground.post(body, { prefer: 'wait=30' })).body);
    expect(preview).toContain('\\"Cmd\\":[\\"top\\",\\"-b\\",\\"-n\\",\\"1\\"]');
    expect((await patient.container.inspect()).ExecIDs).toBeNull();
  });

  it('has the real top look once, however that is written', async () => {
    await using patient = await ground.patient();
    for (const command of ['top', 'top -bn1', 'top -b -n1', 'top -bn 1', 'top -n1 -b']) {
      const result = resultOf(await ask(patient, command));
      expect(result).toMatchObject({ exit_code: 0, output: expect.stringMatching(/^Mem:(?!.*^Mem:)/ms) });
    }
  });

  it('kills a top that never ends, as often as it is asked for, and no breaker opens', async () => {
    await using patient = await withProgram(
      'top',
      'trap "" TERM INT HUP; echo began; while :; do sleep 4731; done',
    );
    for (let round = 0; round < 4; round += 1) {
      const body = await ask(patient, 'top', { timeout_seconds: 1 });
      expect(body).toMatchObject({
        outcome: 'failed',
        message: 'top -b -n 1 did not end within 1 s; it was killed',
      });
      expect(resultOf(body)).toMatchObject({
        timed_out: true,
        killed: true,
        exit_code: null,
        output: 'began\n',
      });
    }
    expect((await processesIn(patient)).slice(1)).toEqual(['sleep 100000']);
    expect(await restart(patient)).toBe('recovered');
  }, 60_000);

  it('keeps 64 KiB of 10 MB, and an exit code that is not 0 is no failure', async () => {
    await using patient = await withProgram(
      'free',
      'yes "0123456789" | head -c 10000000; echo bad >&2; exit 3',
    );
    const body = await ask(patient, 'free -m');
    expect(body).toMatchObject({
      outcome: 'executed',
      message: expect.stringContaining('exit code 3; its output is cut'),
    });
    const result = resultOf(body) as { readonly stdout: string; readonly stderr: string };
    expect(result).toMatchObject({ exit_code: 3, truncated: true, timed_out: false, stderr: 'bad\n' });
    expect(result.stdout.length).toBeGreaterThan(48_000);
    expect(result.stdout.length + result.stderr.length).toBeLessThanOrEqual(64 * 1024);
  });

  it('says not_available of a program that is not there', async () => {
    await using patient = await ground.patient({ cmd: ['sh', '-c', 'rm /bin/netstat; exec sleep 100000'] });
    const body = await ask(patient, 'netstat -tln');
    expect(body).toMatchObject({
      outcome: 'failed',
      message: expect.stringContaining('netstat cannot be run in'),
    });
    expect(await ground.eventOf(patient)).toMatchObject({
      result: { status: 'not_available', exit_code: 126 },
    });
  });

  it('does not apply to a container that is paused or stopped', async () => {
    await using patient = await ground.patient();
    await patient.container.pause();
    expect(await ask(patient, 'ps')).toMatchObject({
      outcome: 'not_applicable',
      message: expect.stringContaining('is paused'),
    });
    await patient.container.unpause();
    await patient.container.stop({ t: 0 });
    expect(await ask(patient, 'ps')).toMatchObject({ outcome: 'not_applicable' });
  });

  it('of fifty containers at once does not keep a restart elsewhere waiting', async () => {
    await using stack = new AsyncDisposableStack();
    const script = 'sleep 4732';
    const all = await Promise.all(Array.from({ length: 50 }, () => withProgram('top', script)));
    for (const each of all) stack.use(each);
    await using patient = await ground.patient();
    const began = all.map((each) => ask(each, 'top', { timeout_seconds: 30 }));
    await until(
      'all of them run',
      async () =>
        (await Promise.all(all.map(processesIn))).every((running) => running.includes('sleep 4732')) ||
        undefined,
      60_000,
    );
    expect(await restart(patient)).toBe('recovered');
    expect(await Promise.all(all.map(processesIn))).toEqual(
      all.map(() => expect.arrayContaining(['sleep 4732'])),
    );
    await Promise.all(all.map(({ container }) => container.kill()));
    expect(new Set((await Promise.all(began)).map(({ state }) => state))).toEqual(new Set(['complete']));
  }, 180_000);

  it('lets no secret out of a container: not in facts, not in the audit, not in any log', async () => {
    const script =
      'tr "\\0" "\\n" < /proc/self/environ; echo "--token canary-4 Bearer canary-5-canary"; sleep 2; exit 1';
    await using patient = await withProgram('uptime', script, {
      DB_PASSWORD: 'canary-1',
      DATABASE_URL: 'postgres://root:canary-2@db/app',
      SIGNING_KEY: '-----BEGIN PRIVATE KEY-----\ncanary-3\n-----END PRIVATE KEY-----',
    });
    const shown = resultOf(await ask(patient, 'env')) as { readonly output: string };
    expect(shown.output).toContain('DB_PASSWORD=(not shown)\n');
    expect(shown.output).not.toContain('HEMOSTAT_EXEC');
    expect(resultOf(await ask(patient, 'uptime'))).toMatchObject({
      output: expect.stringContaining('DATABASE_URL='),
    });
    expect(await ask(patient, 'uptime', { timeout_seconds: 1 })).toMatchObject({ outcome: 'failed' });
    await ask(patient, 'ps -ef');
    const audit = (): string => filesIn(ground.mesh.dataDir).join('\n');
    await until('the audit has all four', () => audit().split('"complete"').length > 4 || undefined);
    const everything = [
      ...(await texts(streams.facts)),
      ...(await texts(streams.audit)),
      audit(),
      ...ground.mesh.processes.map((each) => each.output()),
      JSON.stringify(ground.heard),
    ];
    expect(everything.filter((text) => text.includes('canary'))).toEqual([]);
  });
});

describe('an executor that is killed while a command runs', () => {
  it('leaves it unknown: it is not run again, nothing is counted, and the target is free at once', async () => {
    await using patient = await withProgram('top', 'sleep 4733');
    const { body } = await ground.post({
      container: patient.name,
      action: 'exec',
      params: { command: 'top', timeout_seconds: 1 },
    });
    await until('it runs', async () => (await processesIn(patient)).includes('sleep 4733') || undefined);
    await ground.mesh.of('executor').at(-1)?.kill9();
    await ground.mesh.start('executor');
    const complete = await until(
      'complete',
      async () => (await ground.record(String(body.remediation_id)))?.complete?.body,
      60_000,
    );
    expect(complete).toMatchObject({ outcome: 'unknown', effects: [] });
    expect((await patient.container.inspect()).ExecIDs).toHaveLength(1);
    expect(await restart(patient)).toBe('recovered');
  }, 90_000);
});

async function texts(stream: string): Promise<readonly string[]> {
  const { jsm } = ground.client.bus;
  const { first_seq: first, last_seq: last } = (await jsm.streams.info(stream)).state;
  const all = Array.from({ length: Math.max(0, last - first + 1) }, (_, at) =>
    jsm.streams.getMessage(stream, { seq: first + at }).catch(() => null),
  );
  return (await Promise.all(all)).flatMap((message) => (message ? [message.string()] : []));
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [readFileSync(join(entry.parentPath, entry.name), 'utf8')] : [],
  );
}
