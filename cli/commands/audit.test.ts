import { generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type CliGround, startCliGround } from '#libs/testing/cli-ground';
import { until } from '#libs/testing/until';
import { origin } from '../../services/audit/checkpoint/checkpoint.ts';
import { signerOf, writeVerifier } from '../../services/audit/checkpoint/note.ts';
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

  it('proves a remediation to somebody who has only the key', async () => {
    await using target = await ground.patient();
    const { json } = await hemostat('remediate', target.name, 'restart', '--json');
    const id = String(json.remediation_id);
    const proved = await until('all of it is signed', async () => {
      const ran = await hemostat('audit', 'prove', id);
      return ran.stdout.includes('"complete"') ? ran : undefined;
    });
    expect(proved.code).toBe(0);
    const file = join(ground.dataDir, 'proof.json');
    await writeFile(file, proved.stdout);
    const key = (await readFile(join(ground.dataDir, 'keys', 'audit-checkpoints.pub'), 'utf8')).trim();
    const held = await hemostat('audit', 'check-proof', file, '--key', key, '--url', 'http://127.0.0.1:1');
    expect(held).toMatchObject({ code: 0, stdout: expect.stringMatching(/The proof holds[\s\S]*restart/) });
    await writeFile(file, proved.stdout.replace('"admin"', '"nobody"'));
    const broken = await hemostat('audit', 'check-proof', file, '--key', key, '--json');
    expect(broken).toMatchObject({ code: 1, json: { ok: false, why: expect.stringContaining('changed') } });
    expect((await hemostat('audit', 'check-proof', file, '--key', 'nonsense')).code).toBe(2);
    expect((await hemostat('audit', 'prove', 'nonsense')).code).toBe(1);
  });

  it('verifies with a pinned key, with another one not, and from copied files alone', async () => {
    await using target = await ground.patient();
    await hemostat('remediate', target.name, 'restart');
    const key = (await readFile(join(ground.dataDir, 'keys', 'audit-checkpoints.pub'), 'utf8')).trim();
    const { json } = await hemostat('audit', 'query', '--event', 'complete', '--json');
    const { json: proof } = await hemostat('audit', 'prove', json.records[0].remediation_id, '--json');
    const saved = join(ground.dataDir, 'saved.txt');
    await writeFile(saved, String(proof?.checkpoint));
    const pinned = await hemostat('audit', 'verify', '--key', key);
    expect(pinned).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/proved by signed checkpoints: records 1 to \d+/),
    });
    const other = writeVerifier(signerOf(origin, generateKeyPairSync('ed25519').privateKey).verifier);
    const unknown = await hemostat('audit', 'verify', '--key', other);
    expect(unknown).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('is not signed with this key'),
    });
    expect((await hemostat('audit', 'verify', '--key', 'nonsense')).code).toBe(2);
    const file = join(ground.dataDir, 'copy.log');
    await writeFile(file, await readFile(join(ground.dataDir, 'action_server_audit.log')));
    const offline = ['audit', 'verify', '--file', file, '--key', key, '--url', 'http://127.0.0.1:1'];
    expect(await hemostat(...offline, '--checkpoints', saved)).toMatchObject({ code: 0 });
    const bare = await hemostat(...offline);
    expect(bare).toMatchObject({ code: 0, stderr: expect.stringContaining('Without --checkpoints') });
    await writeFile(file, (await readFile(file, 'utf8')).split('\n').slice(0, 2).join('\n').concat('\n'));
    const cut = await hemostat(...offline, '--checkpoints', saved);
    expect(cut).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/the end is missing[\s\S]*in doubt[\s\S]*what to do/),
    });
    expect((await hemostat('audit', 'verify', '--checkpoints', saved)).code).toBe(2);
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
