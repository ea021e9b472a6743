import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { startMesh } from '../cli/mesh.ts';
import { startDemoTarget } from './demo-target.ts';
import { heal } from './heal.ts';
import { keepSpans } from './spans.ts';
import { tellStory } from './story.ts';
import { playWorkflow } from './workflow.ts';

const story = tellStory(process.stdout);
const stop = new AbortController();
process.once('SIGINT', () => stop.abort(new Error('interrupted')));
process.once('SIGTERM', () => stop.abort(new Error('terminated')));
process.once('SIGHUP', () => stop.abort(new Error('its terminal was closed')));
// Nobody reads on: for instance `npm run demo | head`.
process.stdout.on('error', () => stop.abort(new Error('its output was closed')));

stop.signal.addEventListener('abort', () => setTimeout(giveUp, 30_000).unref());

/** Short times: it is a demo, and the target is quick. */
const quick = {
  HEMOSTAT_STABILITY_SECONDS: '1',
  HEMOSTAT_VERIFY_TIMEOUT_SECONDS: '5',
  HEMOSTAT_VERIFY_POLL_MS: '250',
};

try {
  await using stack = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), 'hemostat-demo-'));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));

  story.heading(
    'A target: an API with a connection pool, its database, and a chaos server that can break them',
  );
  const docker = new Docker();
  const target = stack.use(await startDemoTarget(docker));
  stop.signal.throwIfAborted();
  story.line(`containers ${target.api}, ${target.database}, ${target.chaos}`);
  story.line(`health at ${target.apiUrl}/api/v1/health, chaos at ${target.chaosUrl}/api/v1/break/db_pool`);

  story.heading('The mesh: gateway, safety, executor, verifier and audit on an embedded nats-server');
  const spans = keepSpans();
  const startedAt = performance.now();
  const mesh = stack.use(
    await startMesh({
      env: {
        ...process.env,
        ...quick,
        NATS_URL: '',
        NATS_PORT: '0',
        GATEWAY_PORT: '0',
        GATEWAY_HOST: '127.0.0.1',
        HEMOSTAT_DATA_DIR: dataDir,
        TARGET_API_CONTAINER: target.api,
        TARGET_DB_CONTAINER: target.database,
        TARGET_SERVER_URL: target.apiUrl,
        CHAOS_SERVER_URL: target.chaosUrl,
        LOG_LEVEL: process.env.LOG_LEVEL ?? 'ERROR',
        LOG_FORMAT: 'text',
      },
      signal: stop.signal,
      exporter: spans.exporter,
    }),
  );
  stop.signal.throwIfAborted();
  const url = mesh.gatewayUrl;
  story.line(`ready in ${Math.round(performance.now() - startedAt)} ms: ${url} and ${mesh.natsUrl}`);

  const scene = { story, docker, gateway: url, target, spans: spans.all, signal: stop.signal };
  const stopped = Promise.withResolvers<never>();
  stop.signal.addEventListener('abort', () => stopped.reject(stop.signal.reason));
  await Promise.race([heal(scene).then(() => playWorkflow(scene)), stopped.promise]);
  story.heading('Cleaning up');
} catch (error) {
  process.exitCode = 1;
  const reason: unknown = stop.signal.aborted ? stop.signal.reason : error;
  process.stderr.write(`\nThe demo failed: ${reason instanceof Error ? reason.message : String(reason)}\n`);
}
if (process.exitCode !== 1)
  story.line('containers, image, nats-server and data are gone; nothing is left behind');

function giveUp(): void {
  process.stderr.write('\nThe demo does not end; the next one removes the containers that it leaves.\n');
  process.exit(1);
}
