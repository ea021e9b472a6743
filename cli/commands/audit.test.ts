import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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

describe('hemostat audit', () => {
  it('finds, tails and verifies what was done', async () => {
    await using target = await ground.patient();
    const tail = start('audit', 'tail', '-f', '-n', '1');
    await tail.says('Following');
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

describe('hemostat replay and audit rebuild', () => {
  it('show what another policy would have decided, from a file and from the command line', async () => {
    await using target = await ground.patient();
    await hemostat('remediate', target.name, 'restart');
    expect((await hemostat('remediate', target.name, 'restart')).code).toBe(3);
    const same = await hemostat('replay', '--json');
    expect(same).toMatchObject({ code: 0, json: { newly_approved: 0, newly_refused: 0, decisions: [] } });
    const file = join(ground.dataDir, 'policy.env');
    for (const text of ['RESPONDER_COOLDOWN_SECONDS=0\n', '{"RESPONDER_COOLDOWN_SECONDS": 0}']) {
      await writeFile(file, text);
      const { code, stdout } = await hemostat('replay', '--since', '1h', '--policy', file);
      expect(code).toBe(0);
      expect(stdout).toMatch(
        new RegExp(`${target.name} +restart +cooldown_active +approved +unknown \\(assumed\\)`),
      );
    }
    const few = ['--set', 'RESPONDER_COOLDOWN_SECONDS=0', '--all', '--limit', '1', '--json'];
    expect((await hemostat('replay', ...few)).json).toMatchObject({
      decisions: { length: 1 },
      next: expect.any(Number),
    });
  });

  it('name settings that are none, and files that cannot be read', async () => {
    const wrong = await hemostat('replay', '--set', 'RESPONDER_COOLDOWN=5');
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('RESPONDER_COOLDOWN') });
    expect((await hemostat('replay', '--policy', '/nowhere/policy')).code).toBe(2);
    expect((await hemostat('replay', '--limit', '0')).code).toBe(2);
  });

  it('find that what is kept is as the facts say', async () => {
    expect(await hemostat('audit', 'rebuild', '--json')).toMatchObject({ code: 0, json: { same: true } });
    expect((await hemostat('audit', 'rebuild')).stdout).toContain('All is as the facts say');
  });
});
