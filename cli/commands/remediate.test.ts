import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type CliGround, startCliGround } from '#libs/testing/cli-ground';
import { until } from '#libs/testing/until';
import { startMesh } from '../mesh.ts';

// Each of these is several processes, one after the other.
vi.setConfig({ testTimeout: 90_000 });

let ground: CliGround;
beforeAll(async () => {
  ground = await startCliGround(startMesh);
}, 90_000);
afterAll(() => ground[Symbol.asyncDispose]());
const hemostat: CliGround['hemostat'] = (...args) => ground.hemostat(...args);
const start: CliGround['start'] = (...args) => ground.start(...args);

describe('hemostat remediate', () => {
  it('heals, shows the steps and ends with 0; then it is refused with 3, the gates and what to do', async () => {
    await using target = await ground.patient();
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
    expect(await ground.restartsOf(target)).toBe(1);
    const explained = await hemostat('explain', target.name, '--json');
    expect(explained).toMatchObject({ code: 3, json: { would_be: 'refused' } });
    const status = await hemostat('status');
    expect(status.stdout).toMatch(new RegExp(`local/container/${target.name}.*left`));
  });

  it('is done once under one key, however often it is asked for', async () => {
    await using target = await ground.patient();
    const ask = ['remediate', target.name, 'restart', '--key', randomUUID(), '--json'];
    const answers = await Promise.all([hemostat(...ask), hemostat(...ask), hemostat(...ask)]);
    expect(answers.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(new Set(answers.map(({ json }) => json.remediation_id)).size).toBe(1);
    expect(await ground.restartsOf(target)).toBe(1);
  });

  it('shows what a dry run would do, and ends with 3 where it would be refused', async () => {
    await using target = await ground.patient();
    const would = await hemostat('remediate', target.name, 'restart', '--dry-run');
    expect(would).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`/containers/${target.id}/restart`),
    });
    await hemostat('remediate', target.name, 'restart');
    expect((await hemostat('remediate', target.name, 'restart', '--dry-run')).code).toBe(3);
    expect(await ground.restartsOf(target)).toBe(1);
  });

  it('overrides a gate with a reason, and takes parameters', async () => {
    await using target = await ground.patient();
    await hemostat('remediate', target.name, 'restart');
    const glass = ['--override', 'cooldown,rate', '--reason', 'I know better'];
    const killed = await hemostat('remediate', target.name, 'kill', '--param', 'signal=SIGKILL', ...glass);
    expect(killed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^recovered: /) });
    const { State } = await target.container.inspect();
    expect(State.Running).toBe(false);
  });

  it('ends with 1 when it ran and did not help', async () => {
    await using target = await ground.patient({ cmd: ['sh', '-c', 'exit 3'] });
    const ran = await hemostat('remediate', target.name, 'restart', '--json');
    expect(ran).toMatchObject({ code: 1, json: { outcome: 'ineffective' } });
  });

  it('ends with 6 when the waiting is over before the end, and with 0 when nobody wants to wait', async () => {
    await using slow = await ground.slowPatient(4);
    const asked = await hemostat('remediate', slow.name, 'restart', '--wait', '1');
    expect(asked.code).toBe(6);
    const [, id = ''] = /hemostat watch (\S+)/.exec(asked.stderr) ?? [];
    expect(await hemostat('watch', id)).toMatchObject({ code: 0, stdout: expect.stringContaining(id) });
    await using other = await ground.patient();
    const left = await hemostat('remediate', other.name, 'restart', '--wait', '0', '--json');
    expect(left).toMatchObject({ code: 0, json: { remediation_id: expect.any(String) } });
    expect((await hemostat('watch', left.json.remediation_id)).code).toBe(0);
  });

  it('leaves the remediation running on Ctrl-C, and says how to look at it again', async () => {
    await using slow = await ground.slowPatient(3);
    const asked = start('remediate', slow.name, 'restart');
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

const script = '/usr/bin/script';
if (!existsSync(script)) console.warn(`skipped: a terminal is not tested, for want of ${script}`);
const onTerminal = async (args: string, env: Record<string, string>): Promise<string> => {
  const words = ['-qec', `${process.execPath} cli/hemostat.mjs ${args}`, '/dev/null'];
  return (await promisify(execFile)(script, words, { env: { ...process.env, ...env } })).stdout;
};

describe.skipIf(!existsSync(script))('on a terminal', () => {
  it('the facts are told as they come, in colours unless NO_COLOR is set', async () => {
    await using target = await ground.patient();
    const env = { HEMOSTAT_URL: ground.url, HEMOSTAT_TOKEN: ground.observerToken, TERM: 'xterm' };
    const { remediation_id: id } = (await hemostat('remediate', target.name, 'restart', '--json')).json;
    const coloured = await onTerminal(`watch ${id}`, env);
    const bare = await onTerminal(`watch ${id}`, { ...env, NO_COLOR: '1' });
    expect(coloured).toContain('\u001b[32mrecovered\u001b[39m');
    expect(bare).not.toContain('\u001b');
    for (const fact of ['requested', 'decided', 'started', 'executed', 'verified', 'complete'])
      expect(bare).toMatch(new RegExp(`^\\d\\d:\\d\\d:\\d\\d  ${fact}`, 'm'));
  });
});

describe('hemostat watch', () => {
  it('tells what happens to one container or to all, a line each, until Ctrl-C', async () => {
    await using target = await ground.patient();
    await using other = await ground.patient();
    const [one, all] = [['--container', target.name], ['--json']].map((more) => start('watch', ...more));
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
