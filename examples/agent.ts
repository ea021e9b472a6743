/**
 * An example of an agent: it observes a target server, diagnoses by rules, has it remediated, and verifies. It stands
 * alone: Node 24 runs this file as it is, and needs nothing beside it.
 *
 *   node examples/agent.ts            one look, and what follows from it; exit code 1 when a person is needed
 *   node examples/agent.ts --watch    a look every HEALTH_CHECK_INTERVAL_SECONDS, until it is interrupted
 */
import { setTimeout as sleep } from 'node:timers/promises';

const env = process.env;
const settings = {
  actionServer: address('ACTION_SERVER_URL', 'http://localhost:9000'),
  targetServer: address('TARGET_SERVER_URL', 'http://localhost:8000'),
  chaosServer: address('CHAOS_SERVER_URL', 'http://localhost:8080'),
  /** An attack of the chaos server that this agent knows of and may stop. */
  attackId: env.CHAOS_ATTACK_ID,
  token: env.ACTION_SERVER_TOKEN,
  actionTimeoutMs: milliseconds('ACTION_TIMEOUT_SECONDS', 120),
  intervalMs: milliseconds('HEALTH_CHECK_INTERVAL_SECONDS', 30),
};
const lookTimeoutMs = 10_000;
const followEveryMs = 1_000;

type Json = Readonly<Record<string, unknown>>;
type Answer = { readonly status: number; readonly headers: Headers; readonly body: Json };
type NoAnswer = { readonly missing: 'cannot_connect' | 'timed_out'; readonly url: string };
type Symptoms = { readonly health: Json; readonly metrics: Json; readonly pool: Json };
type Diagnosis =
  | { readonly issue: 'db_pool_exhaustion'; readonly confidence: 'high'; readonly rootCause: string }
  | { readonly issue: 'unknown'; readonly confidence: 'low' };
type End = { readonly is: 'well' | 'recovered' | 'needs_a_person'; readonly retryAfterMs?: number };

// One incident is one key, so that asking again after a lost answer means the same remediation and never a second
// restart. The attempt is part of it: after an answer, a new try is a new request.
let incident: { readonly id: string; readonly attempt: number } | undefined;

async function observe(): Promise<Symptoms | NoAnswer> {
  const get = (path: string) => call('GET', `${settings.targetServer}/api/v1/${path}`, lookTimeoutMs);
  const [health, metrics, pool] = await Promise.all([get('health'), get('metrics'), get('pool/status')]);
  if ('missing' in health) return health;
  if ('missing' in metrics) return metrics;
  if ('missing' in pool) return pool;
  return { health: health.body, metrics: metrics.body, pool: pool.body };
}

function diagnose({ health, metrics, pool }: Symptoms): Diagnosis {
  const poolHealth = at(pool, 'pool', 'pool_health');
  const errorRate = Number(at(metrics, 'application', 'error_rate_percent') ?? 0);
  const database = at(health, 'services', 'database', 'status');
  if (poolHealth === 'critical' && errorRate > 50 && database === 'unhealthy') {
    const rootCause = 'Database connection pool exhausted - leaked connections';
    return { issue: 'db_pool_exhaustion', confidence: 'high', rootCause };
  }
  return { issue: 'unknown', confidence: 'low' };
}

/** Asks for the whole workflow, and follows it where the answer is that it goes on. */
async function remediate(key: string): Promise<Answer | NoAnswer> {
  const url = new URL(`${settings.actionServer}/api/v1/action/remediate-db-pool-exhaustion`);
  url.searchParams.set('escalate_to_db_restart', 'true');
  if (await isAttackRunning()) url.searchParams.set('attack_id', settings.attackId ?? '');
  const ask = () => call('POST', url.href, settings.actionTimeoutMs, { 'idempotency-key': key });
  let answer = await ask();
  if ('missing' in answer && answer.missing === 'timed_out') {
    say('⏱️ Action timed out; asking once more, with the same key');
    answer = await ask();
  }
  return 'missing' in answer || answer.status !== 202 ? answer : follow(answer);
}

async function follow(accepted: Answer): Promise<Answer | NoAnswer> {
  const location = accepted.headers.get('location');
  if (location === null) return accepted;
  const url = new URL(location, settings.actionServer).href;
  say(`⏳ Agent: It takes longer; following ${url}`);
  const giveUpAt = Date.now() + 10 * settings.actionTimeoutMs;
  for (;;) {
    const answer = await call('GET', url, lookTimeoutMs);
    const isRefused = 'status' in answer && answer.status >= 400 && answer.status < 500;
    if (isRefused || ('status' in answer && answer.body.state === 'complete')) return answer;
    if (Date.now() > giveUpAt) return { missing: 'timed_out', url };
    await sleep(followEveryMs);
  }
}

async function isAttackRunning(): Promise<boolean> {
  if (settings.attackId === undefined) return false;
  const id = encodeURIComponent(settings.attackId);
  const answer = await call('GET', `${settings.chaosServer}/api/v1/break/db_pool/${id}`, lookTimeoutMs);
  return 'status' in answer && answer.body.status === 'running';
}

async function isRecovered(): Promise<boolean> {
  const url = `${settings.actionServer}/api/v1/action/verify-target-health`;
  const answer = await call('GET', url, lookTimeoutMs + 5_000);
  return 'status' in answer && answer.body.is_healthy === true;
}

async function respondToIncident(): Promise<End> {
  say('🤖 Agent: Starting incident detection...');
  say('👀 Agent: Observing target server...');
  const symptoms = await observe();
  if ('missing' in symptoms) return notifyHuman(`The target server cannot be observed: ${why(symptoms)}`);

  say('🧠 Agent: Diagnosing issue...');
  const diagnosis = diagnose(symptoms);
  if (diagnosis.issue === 'unknown') {
    incident = undefined;
    say('❓ Agent: No issue detected or unable to diagnose');
    return { is: 'well' };
  }
  say(`🔍 Agent: Diagnosed ${diagnosis.issue} with ${diagnosis.confidence} confidence`);
  say(`📊 Root cause: ${diagnosis.rootCause}`);

  say('🔧 Agent: Executing remediation via action server...');
  incident ??= { id: crypto.randomUUID(), attempt: 1 };
  const result = await remediate(`agent-${incident.id}-${incident.attempt}`);
  if ('missing' in result) {
    const isAway = result.missing === 'cannot_connect';
    say(isAway ? '❌ Cannot connect to action server' : '⏱️ Action timed out');
    return notifyHuman(why(result));
  }
  // Where it is not known whether the request stands, only the same key finds out.
  const { status, body } = result;
  if (status < 400 || ('remediation_id' in body && body.code !== 'nats_unavailable')) {
    incident = { ...incident, attempt: incident.attempt + 1 };
  }
  sayResult(result);

  say('🔍 Agent: Verifying recovery...');
  if (!(await isRecovered())) {
    say('⚠️ Agent: System still degraded - escalating to human');
    return notifyHuman(adviceIn(result), result);
  }
  incident = undefined;
  say('✅ Agent: System fully recovered');
  say(`💡 Recommendation: ${adviceIn(result)}`);
  return { is: 'recovered' };
}

function sayResult({ status, headers, body }: Answer): void {
  if (status >= 400) {
    say(`⛔ Agent: Action server refused with ${status} ${body.reason ?? body.code ?? ''}`.trimEnd());
    if (body.detail !== undefined) say(`   ${body.detail}`);
    const retryAfter = headers.get('retry-after');
    if (retryAfter !== null) say(`   It may be asked again in ${retryAfter} seconds`);
  }
  if (body.remediation_id !== undefined) {
    say(`🗂️ Agent: It is on record at ${settings.actionServer}/api/v1/remediations/${body.remediation_id}`);
  }
  const steps = Array.isArray(body.execution_log) ? body.execution_log : [];
  if (isComplete(body)) {
    say('✅ Agent: Remediation completed successfully');
    say(`📋 Executed ${steps.length} steps`);
  } else say('⚠️ Agent: Remediation partially completed or failed');
  for (const step of steps) {
    const what = `   Step ${at(step, 'step')} ${at(step, 'action')}`;
    if (at(step, 'status') !== 'failed') say(`${what}: ${at(step, 'status')}`);
    else say(`${what} failed: ${at(step, 'error') ?? 'no reason was given'}`);
  }
}

/** A workflow that was followed answers in the words of its record. */
function isComplete(body: Json): boolean {
  return body.remediation_complete === true || body.outcome === 'recovered';
}

function adviceIn({ body }: Answer): string {
  return String(body.recommendation ?? body.detail ?? body.message ?? 'none was given');
}

function notifyHuman(message: string, answer?: Answer): End {
  say(`🙋 Agent: A person is needed. ${message}`);
  const seconds = Number(answer?.headers.get('retry-after') ?? 0);
  return { is: 'needs_a_person', retryAfterMs: Number.isFinite(seconds) ? seconds * 1_000 : 0 };
}

async function call(
  method: string,
  url: string,
  timeoutMs: number,
  more: Record<string, string> = {},
): Promise<Answer | NoAnswer> {
  // The token is for the action server alone.
  const isOurs = new URL(url).origin === new URL(settings.actionServer).origin;
  const authorization = isOurs && settings.token ? { authorization: `Bearer ${settings.token}` } : {};
  try {
    const headers = { accept: 'application/json', ...authorization, ...more };
    const response = await fetch(url, { method, headers, signal: AbortSignal.timeout(timeoutMs) });
    return { status: response.status, headers: response.headers, body: objectIn(await response.text()) };
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    return { missing: isLate ? 'timed_out' : 'cannot_connect', url };
  }
}

function why({ missing, url }: NoAnswer): string {
  return missing === 'timed_out' ? `No answer came in time from ${url}.` : `Nobody answers at ${url}.`;
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce((inner, name) => asObject(inner)[name], value);
}

function objectIn(text: string): Json {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return {};
  }
}

function asObject(value: unknown): Json {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function address(name: string, otherwise: string): string {
  const url = env[name] ?? otherwise;
  if (/^https?:/.test(url) && URL.canParse(url)) return url.replace(/\/+$/, '');
  return stopOver(`${name} is ${JSON.stringify(url)}; it must be an address like ${otherwise}.`);
}

function milliseconds(name: string, otherwise: number): number {
  const seconds = Number(env[name] ?? otherwise);
  if (Number.isFinite(seconds) && seconds > 0) return seconds * 1_000;
  return stopOver(`${name} is ${JSON.stringify(env[name])}; it must be a number of seconds, more than 0.`);
}

function stopOver(problem: string): never {
  console.error(problem);
  process.exit(2);
}

function say(line: string): void {
  console.log(line);
}

const watches = process.argv.includes('--watch');
for (;;) {
  const end = await respondToIncident();
  process.exitCode = end.is === 'needs_a_person' ? 1 : 0;
  if (!watches) break;
  await sleep(Math.max(settings.intervalMs, end.retryAfterMs ?? 0));
}
