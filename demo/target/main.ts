/** Starts the demo's target under the names and ports of the mesh's defaults, until it is interrupted. */
import { once } from 'node:events';
import Docker from 'dockerode';
import { startDemoTarget } from '../demo-target.ts';

const ports = { api: 8000, chaos: 8080 };
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop.abort());

try {
  await using target = await startDemoTarget(new Docker(), { prefix: '', ports });
  console.log(`target_server_api and target_server_db run: ${target.apiUrl}/api/v1/health`);
  console.log(`break them: curl -X POST ${target.chaosUrl}/api/v1/break/db_pool`);
  console.log('Ctrl-C stops and removes them');
  // A signal alone does not keep a process alive.
  const awake = setInterval(() => {}, 60_000);
  if (!stop.signal.aborted) await once(stop.signal, 'abort');
  clearInterval(awake);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
