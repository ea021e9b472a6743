import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type CliGround, startCliGround } from '#libs/testing/cli-ground';
import { runHemostat } from '#libs/testing/hemostat-command';
import { startMesh } from '../mesh.ts';

// Each of these is several processes, one after the other.
vi.setConfig({ testTimeout: 90_000 });

let ground: CliGround;
beforeAll(async () => {
  ground = await startCliGround(startMesh);
}, 90_000);
afterAll(() => ground[Symbol.asyncDispose]());
const hemostat: CliGround['hemostat'] = (...args) => ground.hemostat(...args);

describe('hemostat status, targets and explain', () => {
  it('say that the mesh can heal, whom, and whether now', async () => {
    await using target = await ground.patient();
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
    await using target = await ground.patient();
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

describe('the token', () => {
  it('that may not do it, is unknown, or is missing ends with 5, cause and remedy', async () => {
    const as = (token: string, ...args: readonly string[]) =>
      runHemostat(args, {
        HEMOSTAT_URL: ground.url,
        HEMOSTAT_TOKEN: token,
        HEMOSTAT_DATA_DIR: ground.dataDir,
      });
    expect(await as(ground.observerToken, 'safety', 'show')).toMatchObject({ code: 0 });
    const lacking = await as(ground.observerToken, 'pause', '--reason', 'x');
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
    const env = { ...ground.place, HEMOSTAT_URL: ground.url, HEMOSTAT_TOKEN: ground.observerToken };
    const { code, json, stderr } = await runHemostat(['doctor', '--json'], env);
    expect({ code, stderr, json }).toMatchObject({ code: 0, json: { ok: true } });
    expect(json.checks.every(({ state }: { state: string }) => state === 'ok')).toBe(true);
  });
});
