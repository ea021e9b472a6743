import { startContainer } from '#libs/testing/container';
import { testEngine } from '#libs/testing/docker-engine';
import { busyboxImage } from '#libs/testing/images';
import { startMeshProcesses } from '#libs/testing/mesh-processes';
import { startNatsServer } from '#libs/testing/nats-server';
import { bareFastify } from './bare-fastify.ts';
import { printLoad } from './figures.ts';
import { load } from './http-load.ts';
import { noLimits } from './no-limits.ts';

const method = 'POST';
const connections = 32;
const seconds = 6;
const warmUpSeconds = 4;
const path = '/api/v1/action/restart-target-api?dry_run=true';

/** Dry runs a second over HTTP, each waited for to its end, beside a bare fastify. */
export async function httpDryRuns(): Promise<void> {
  const { docker } = testEngine();
  const image = await busyboxImage(docker);
  await using patient = await startContainer(docker, { image, cmd: ['sleep', '1000000'] });
  await using server = await startNatsServer();
  const env = { ...noLimits, TARGET_API_CONTAINER: patient.name };
  await using mesh = await startMeshProcesses({ natsUrl: server.url, env });
  await mesh.ready();
  const answer = await mesh.http(method, path);
  const bare = await bareFastify(answer.body, { method, connections, seconds });

  const plan = { url: `${mesh.of('gateway')[0]?.url}${path}`, method, connections } as const;
  const expected = '"status":"dry_run"';
  await load({ ...plan, expected, seconds: warmUpSeconds });
  const through = await load({ ...plan, expected, seconds });
  printLoad('dry runs over HTTP', 'aim: 3,000/s, p99 under 30 ms', through, bare);
}
