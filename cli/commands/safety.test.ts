import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type CliGround, startCliGround } from '#libs/testing/cli-ground';
import { startMesh } from '../mesh.ts';

// Each of these is several processes, one after the other.
vi.setConfig({ testTimeout: 90_000 });

let ground: CliGround;
beforeAll(async () => {
  ground = await startCliGround(startMesh);
}, 90_000);
afterAll(() => ground[Symbol.asyncDispose]());
const hemostat: CliGround['hemostat'] = (...args) => ground.hemostat(...args);

describe('hemostat safety, pause and resume', () => {
  it('show what holds a target back, and reset it with a reason', async () => {
    await using target = await ground.patient();
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

  it('take a target as they show it', async () => {
    const [target, scope] = [
      'local/cleanup/project/none-such',
      ['cleanup', '--param', 'project=none-such'],
    ] as const;
    expect((await hemostat('remediate', ...scope)).stdout).toContain('Nothing to clean up');
    expect((await hemostat('safety', 'show')).stdout).toContain(target);
    expect((await hemostat('safety', 'show', target)).stdout).toContain(target);
    expect((await hemostat('explain', target, 'cleanup')).stdout).toContain('would be approved');
    const reset = await hemostat('safety', 'reset', target, '--reason', 'a test');
    expect(reset).toMatchObject({ code: 0, stdout: expect.stringContaining(target) });
  });

  it('stop every remediation with a reason and an end, and let them go on', async () => {
    await using target = await ground.patient();
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
