import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { startMesh } from '../cli/mesh.ts';
import { heal } from './heal.ts';
import { startPatient } from './patient/patient.ts';
import { keepSpans } from './spans.ts';
import { tellStory } from './story.ts';

const story = tellStory(process.stdout);
const stop = new AbortController();
process.once('SIGINT', () => stop.abort(new Error('interrupted')));
// Nobody reads on: for instance `npm run demo | head`.
process.stdout.on('error', () => stop.abort(new Error('its output was closed')));
process.once('SIGTERM', () => stop.abort(new Error('terminated')));

try {
  await using stack = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), 'hemostat-demo-'));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));

  story.heading('A patient: a container with an API, a health endpoint, and a pool that can leak');
  const patient = stack.use(await startPatient(new Docker()));
  story.line(`container ${patient.name}, health at ${patient.url}/api/v1/health`);

  story.heading('The mesh: gateway, safety, executor, verifier and audit on an embedded nats-server');
  const spans = keepSpans();
  const startedAt = performance.now();
  const mesh = stack.use(
    await startMesh({
      env: {
        ...process.env,
        NATS_URL: '',
        NATS_PORT: '0',
        GATEWAY_PORT: '0',
        GATEWAY_HOST: '127.0.0.1',
        HEMOSTAT_DATA_DIR: dataDir,
        TARGET_API_CONTAINER: patient.name,
        TARGET_SERVER_URL: patient.url,
        LOG_LEVEL: process.env.LOG_LEVEL ?? 'ERROR',
        LOG_FORMAT: 'text',
      },
      signal: stop.signal,
      exporter: spans.exporter,
    }),
  );
  story.line(
    `ready in ${Math.round(performance.now() - startedAt)} ms: ${mesh.gatewayUrl} and ${mesh.natsUrl}`,
  );

  await Promise.race([
    heal({ story, gateway: mesh.gatewayUrl, patient, spans: spans.all, dataDir }),
    new Promise<never>((_, reject) =>
      stop.signal.addEventListener('abort', () => reject(stop.signal.reason)),
    ),
  ]);
  story.heading('Cleaning up');
} catch (error) {
  process.exitCode = 1;
  process.stderr.write(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}\n`);
}
if (process.exitCode !== 1)
  story.line('container, image, nats-server and data are gone; nothing is left behind');
