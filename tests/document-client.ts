/**
 * A client as somebody writes it who has read the Action Server's document and nothing else: its calls, its
 * parameters and what it reads of the answers, in its order.
 */

// biome-ignore lint/suspicious/noExplicitAny: the document reads members of answers as they come
type Json = any;
export type Servers = { readonly target: string; readonly action: string };
type Answer = { readonly status: number; readonly body: Json };

/** Query texts as the document's HTTP client makes them of its parameters. */
export async function post(
  url: string,
  params: Readonly<Record<string, string | boolean>> = {},
  timeoutMs = 120_000,
): Promise<Answer> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) query.set(name, String(value));
  const signal = AbortSignal.timeout(timeoutMs);
  const response = await fetch(query.size === 0 ? url : `${url}?${query}`, { method: 'POST', signal });
  return { status: response.status, body: await response.json() };
}

export async function get(url: string): Promise<Answer> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
  return { status: response.status, body: await response.json() };
}

async function observe({ target }: Servers) {
  const health = (await get(`${target}/api/v1/health`)).body;
  const metrics = (await get(`${target}/api/v1/metrics`)).body;
  const pool = (await get(`${target}/api/v1/pool/status`)).body;
  return { health, metrics, pool };
}

function diagnose({ health, metrics, pool }: Json) {
  const poolHealth = pool.pool.pool_health;
  const errorRate = metrics.application.error_rate_percent ?? 0;
  const databaseStatus = health.services.database.status;
  return poolHealth === 'critical' && errorRate > 50 && databaseStatus === 'unhealthy'
    ? { issue: 'db_pool_exhaustion', confidence: 'high' }
    : { issue: 'unknown', confidence: 'low' };
}

async function verifyRecovery({ action }: Servers): Promise<boolean> {
  const { body } = await get(`${action}/api/v1/action/verify-target-health`);
  return body.is_healthy ?? false;
}

/** Observe, diagnose, execute, verify. `said` is what the agent of the document prints of it. */
export async function respondToIncident(servers: Servers) {
  const said: string[] = [];
  const { issue } = diagnose(await observe(servers));
  if (issue === 'unknown') return { said: ['no issue'], result: undefined };
  const url = `${servers.action}/api/v1/action/remediate-db-pool-exhaustion`;
  const result = (await post(url, { escalate_to_db_restart: true })).body;
  said.push(result.remediation_complete ? `completed in ${result.execution_log.length} steps` : 'failed');
  said.push((await verifyRecovery(servers)) ? `recovered: ${result.recommendation}` : 'escalating to human');
  return { said, result };
}

/** What is read of a workflow that did not complete. */
export function failedSteps(result: Json): string[] {
  if (result.remediation_complete) return [];
  return result.execution_log
    .filter((step: Json) => step.status === 'failed')
    .map((step: Json) => `Step ${step.step} failed: ${step.error}`);
}
