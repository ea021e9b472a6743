import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testEngine } from '#libs/testing/docker-engine';

const { docker } = testEngine();

function startDemo() {
  const demo = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output += String(chunk);
  };
  for (const stream of [demo.stdout, demo.stderr]) stream.on('data', keep);
  return { demo, output: () => output };
}

const ended = async (demo: ChildProcess): Promise<unknown> => (await once(demo, 'close'))[0];
const leftovers = async ({ pid }: ChildProcess): Promise<readonly string[]> => {
  const filters = { label: [`hemostat.demo=${pid}`] };
  return (await docker.listContainers({ all: true, filters })).flatMap(({ Names }) => Names);
};

describe('the demo', () => {
  it('heals by the API, then by the database, and leaves nothing behind', async () => {
    const { demo, output } = startDemo();
    expect([await ended(demo), output()]).toEqual([0, expect.stringContaining('nothing is left behind')]);
    expect(output()).toContain('429 cooldown_active');
    expect(output()).toMatch(/target_server_api: 3 restarts\n.*target_server_db: 1 restart\n/);
    expect(output().match(/System fully recovered/g)).toHaveLength(2);
    expect(await leftovers(demo)).toEqual([]);
  }, 120_000);

  it.each(['containers hemostat-demo', 'Diagnosing issue'])(
    'leaves nothing behind when it is interrupted after it said "%s"',
    async (said) => {
      const { demo, output } = startDemo();
      while (!output().includes(said)) await once(demo.stdout, 'data');
      demo.kill('SIGINT');
      expect([await ended(demo), output()]).toEqual([1, expect.stringContaining('interrupted')]);
      expect(await leftovers(demo)).toEqual([]);
    },
    60_000,
  );
});
