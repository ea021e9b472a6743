import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { countEvents } from '#libs/testing/container-events';
import { testEngine } from '#libs/testing/docker-engine';
import { testLabel, testRun } from '#libs/testing/docker-engine-labels';
import { nodeImage } from '#libs/testing/images';
import { type MeshGround, startMeshGround } from '#libs/testing/mesh-ground';
import { until } from '#libs/testing/until';
import { freePort } from '../demo/free-port.ts';
import { startTarget, type Target } from '../demo/target/target.ts';
import { failedSteps, get, post, respondToIncident, type Servers } from './document-client.ts';

const { docker } = testEngine();
const stack = new AsyncDisposableStack();
let ground: MeshGround;
let target: Target;
let servers: Servers;
let action: string;

beforeAll(async () => {
  const labels = { [testLabel]: testRun };
  target = stack.use(await startTarget(docker, { image: await nodeImage(docker), labels }));
  ground = stack.use(
    await startMeshGround({
      env: {
        TARGET_API_CONTAINER: target.api,
        TARGET_DB_CONTAINER: target.database,
        TARGET_SERVER_URL: target.apiUrl,
        CHAOS_SERVER_URL: target.chaosUrl,
        HEMOSTAT_VERIFY_TIMEOUT_SECONDS: '5',
      },
    }),
  );
  servers = { target: target.apiUrl, action: ground.mesh.of('gateway')[0]?.url ?? '' };
  action = `${servers.action}/api/v1/action`;
}, 120_000);
afterAll(() => stack.disposeAsync());
beforeEach(async () => {
  await ground.mesh.http('POST', '/api/v1/safety/reset', { all: true, reason: 'the next incident' });
});

const since = Date.now();
const restartsOf = (container: string) => countEvents(docker, { container, action: 'restart', since });
const restarts = async () => ({
  api: await restartsOf(target.api),
  database: await restartsOf(target.database),
});
/** Runs it, and says how often each container was restarted by it. */
async function counting<T>(work: () => Promise<T>) {
  const before = await restarts();
  const result = await work();
  const after = await restarts();
  return { result, api: after.api - before.api, database: after.database - before.database };
}
const symptoms = () =>
  until('the symptoms show', async () => {
    const look = await target.look().catch(() => undefined);
    return look?.poolHealth === 'critical' &&
      look.errorRatePercent > 50 &&
      look.databaseStatus === 'unhealthy'
      ? look
      : undefined;
  });

async function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(program, args, { env: { ...process.env, PYTHONIOENCODING: 'utf-8', ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (output += bytes));
  const exitCode = await new Promise((ended) => child.on('error', ended).on('close', ended));
  return { exitCode, output };
}

describe('a client written from the document of the Action Server', () => {
  it('finds it reachable, and a healthy target needs nothing', async () => {
    expect((await get(`${servers.action}/health`)).status).toBe(200);
    expect((await respondToIncident(servers)).said).toEqual(['no issue']);
    const { status, body } = await get(`${action}/verify-target-health`);
    expect({ status, healthy: body.is_healthy }).toEqual({ status: 200, healthy: true });
  });

  it('sees what a restart would do before it does anything', async () => {
    const { result, ...done } = await counting(() => post(`${action}/restart-target-api`, { dry_run: true }));
    const preview = result.body;
    expect(preview).toMatchObject({ action: 'restart_target_api', status: 'dry_run' });
    expect(preview.details.command).toBe(`docker restart --time 10 ${target.api}`);
    expect(preview.details).toMatchObject({ risk_level: 'medium', estimated_downtime: 'up to 10 seconds' });
    expect(done).toEqual({ api: 0, database: 0 });
  });

  it('responds to a leaking pool by itself: detected, remediated, verified', async () => {
    await post(`${target.chaosUrl}/api/v1/break/db_pool`);
    await symptoms();
    const { result, ...done } = await counting(() => respondToIncident(servers));
    expect(result.said).toEqual([
      'completed in 2 steps',
      'recovered: ✅ System recovered successfully. Pool health restored.',
    ]);
    expect(result.result.final_health).toMatchObject({
      is_healthy: true,
      health_status: 'healthy',
      pool_health: 'healthy',
      error_rate_percent: expect.any(Number),
    });
    expect(done).toEqual({ api: 1, database: 0 });
  });

  it("is the document's own agent, where Python has httpx", async ({ skip }) => {
    const python = await run('python3', ['-c', 'import httpx']);
    if (python.exitCode !== 0) return skip('there is no Python with httpx here, so its agent is not run');
    await target.attack();
    await symptoms();
    const { result, ...done } = await counting(() =>
      run('python3', [join(import.meta.dirname, 'document-agent.py')], {
        TARGET_SERVER_URL: servers.target,
        ACTION_SERVER_URL: servers.action,
        CHAOS_SERVER_URL: target.chaosUrl,
      }),
    );
    expect(result.output).toContain('System fully recovered');
    expect({ exitCode: result.exitCode, ...done }).toEqual({ exitCode: 0, api: 1, database: 0 });
  }, 60_000);

  it('has the attack stopped and the database restarted when restarting the API does not help', async () => {
    const attack = await target.attack('lock');
    await symptoms();
    const { result, ...done } = await counting(() =>
      post(`${action}/remediate-db-pool-exhaustion`, { attack_id: attack, escalate_to_db_restart: true }),
    );
    const { body } = result;
    expect(body).toMatchObject({ remediation_complete: true, final_health: { is_healthy: true } });
    expect(body.execution_log).toMatchObject([
      { step: 1, action: 'stop_chaos_attack', status: 'success', result: { status: 'cancelling' } },
      { step: 2, action: 'restart_target_api', status: 'success', result: { stdout: 'Container restarted' } },
      { step: 3, action: 'verify_health', status: 'failed', result: { is_healthy: false } },
      { step: 4, action: 'restart_target_db', status: 'success', result: { stdout: 'Container restarted' } },
      {
        step: 5,
        action: 'verify_health',
        status: 'success',
        result: { is_healthy: true, pool_health: 'healthy', error_rate_percent: expect.any(Number) },
      },
    ]);
    expect(done).toEqual({ api: 1, database: 1 });
  }, 60_000);

  it('restarts the API, restarts the database, looks, and stops an attack, each by its own call', async () => {
    const attack = await target.attack();
    const stopped = await post(`${action}/stop-chaos-attack`, { attack_id: attack });
    expect(stopped.body).toMatchObject({ action: 'stop_chaos_attack', status: 'success' });
    for (const path of ['restart-target-api', 'restart-target-db']) {
      const { result, ...done } = await counting(() => post(`${action}/${path}`, { dry_run: false }));
      expect(result.body).toMatchObject({ action: path.replaceAll('-', '_'), status: 'success' });
      expect(done).toEqual({ api: path.endsWith('api') ? 1 : 0, database: path.endsWith('db') ? 1 : 0 });
    }
    const health = await until('it is healthy again', async () => {
      const { body } = await get(`${action}/verify-target-health`);
      return body.is_healthy ? body : undefined;
    });
    expect(health).toMatchObject({
      health_status: 'healthy',
      database_status: 'healthy',
      pool_health: 'healthy',
      pool_utilization: expect.any(Number),
      error_rate_percent: expect.any(Number),
      avg_response_time_ms: expect.any(Number),
    });
  }, 60_000);

  it('reads the failed steps of a workflow that did not complete, and those of one that was refused', async () => {
    await target.attack('lock');
    await symptoms();
    const failed = (await post(`${action}/remediate-db-pool-exhaustion`)).body;
    expect(failed.remediation_complete).toBe(false);
    expect(failedSteps(failed)).toEqual([expect.stringMatching(/^Step 2 failed: .*unhealthy/)]);
    const refused = await post(`${action}/remediate-db-pool-exhaustion`);
    expect(refused.status).toBe(429);
    expect(failedSteps(refused.body)).toEqual([]);
    expect(refused.body.recommendation).toMatch(/ask again in \d+ s/);
  }, 60_000);

  it('tells a server that is not there from one that takes too long', async () => {
    const nobody = `http://127.0.0.1:${await freePort()}/api/v1/action/restart-target-api`;
    await expect(post(nobody)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    await expect(post(`${action}/restart-target-db`, {}, 1)).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});
