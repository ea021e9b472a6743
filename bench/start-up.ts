import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '#libs/testing/until';
import { freePort } from '../demo/free-port.ts';
import { median, ms } from './figures.ts';

const runs = 5;

/** From starting the process of `npm start` until its gateway says that the mesh can heal, beside a bare Node. */
export async function startUp(): Promise<void> {
  const mesh: number[] = [];
  const bare: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    bare.push(await timeBareNode());
    mesh.push(await timeMesh());
  }
  console.log(`  bare node        median ${ms(median(bare))} (${runs} runs)`);
  console.log(
    `  mesh to healthy  median ${ms(median(mesh))} (aim: under 3,000 ms), ratio ${(median(mesh) / median(bare)).toFixed(1)}`,
  );
}

async function timeBareNode(): Promise<number> {
  const from = performance.now();
  await once(spawn(process.execPath, ['-e', ''], { stdio: 'ignore' }), 'exit');
  return performance.now() - from;
}

async function timeMesh(): Promise<number> {
  const dataDir = await mkdtemp(join(tmpdir(), 'hemostat-bench-'));
  const port = await freePort();
  const from = performance.now();
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'cli', 'up.ts')], {
    env: {
      ...process.env,
      NATS_PORT: '0',
      GATEWAY_PORT: String(port),
      HEMOSTAT_DATA_DIR: dataDir,
      LOG_LEVEL: 'ERROR',
    },
    stdio: 'ignore',
  });
  try {
    await until('the mesh can heal', () => isHealthy(port), 30_000);
    return performance.now() - from;
  } finally {
    child.kill('SIGTERM');
    if (child.exitCode === null) await once(child, 'exit');
    await rm(dataDir, { recursive: true, force: true });
  }
}

function isHealthy(port: number): Promise<true | undefined> {
  return fetch(`http://127.0.0.1:${port}/health`).then(
    (response) => (response.ok ? true : undefined),
    () => undefined,
  );
}
