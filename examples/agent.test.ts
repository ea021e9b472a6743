import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { until } from '#libs/testing/until';

const ill = {
  '/api/v1/health': { status: 'unhealthy', services: { database: { status: 'unhealthy' } } },
  '/api/v1/metrics': { application: { error_rate_percent: 97.5 } },
  '/api/v1/pool/status': { pool: { pool_health: 'critical' } },
};
const well = {
  '/api/v1/health': { status: 'healthy', services: { database: { status: 'healthy' } } },
  '/api/v1/metrics': { application: { error_rate_percent: 0.4 } },
  '/api/v1/pool/status': { pool: { pool_health: 'healthy' } },
};
const workflow = '/api/v1/action/remediate-db-pool-exhaustion';
const verify = '/api/v1/action/verify-target-health';

/** The document's own answer. */
const success = {
  remediation_complete: true,
  execution_log: [
    { step: 1, action: 'restart_target_api', status: 'success', result: { stdout: 'Container restarted' } },
    { step: 2, action: 'verify_health', status: 'success', result: { is_healthy: true } },
  ],
  final_health: { is_healthy: true, health_status: 'ok', pool_health: 'healthy', error_rate_percent: 1.2 },
  recommendation: '✅ System recovered successfully. Pool health restored.',
};
const problem = (status: number, reason: string, detail: string) => ({
  status,
  body: { status, code: reason, reason, detail, remediation_complete: false, execution_log: [] },
});

type Answer = { readonly status?: number; readonly headers?: Record<string, string>; readonly body: object };
type Script = Answer | 'silence' | undefined;
type Heard = { readonly method: string; readonly url: URL; readonly key: unknown; readonly token: unknown };

/** Target, chaos server and action server in one: it answers from `script`, each list in its order, the last for ever. */
async function standIn(script: Readonly<Record<string, readonly Script[]>>) {
  const heard: Heard[] = [];
  const asked = new Map<string, number>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://stand-in');
    const { authorization: token, 'idempotency-key': key } = request.headers;
    heard.push({ method: request.method ?? '', url, key, token });
    const answers = script[url.pathname] ?? [];
    const turn = asked.get(url.pathname) ?? 0;
    asked.set(url.pathname, turn + 1);
    send(response, answers[Math.min(turn, answers.length - 1)]);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    asked: (path: string) => heard.filter(({ url }) => url.pathname === path),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function send(response: ServerResponse, answer: Script): void {
  if (answer === 'silence') return;
  const { status = 200, headers = {}, body } = answer ?? { status: 404, body: {} };
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

const answering = (bodies: Readonly<Record<string, object>>) =>
  Object.fromEntries(Object.entries(bodies).map(([path, body]) => [path, [{ body }]]));
const scene = (post: readonly Script[], isHealthy: boolean) => ({
  ...answering(ill),
  [workflow]: post,
  [verify]: [{ body: { is_healthy: isHealthy } }],
});

function startAgent(url: string, env: NodeJS.ProcessEnv, args: readonly string[] = []) {
  return spawn(process.execPath, [join(import.meta.dirname, 'agent.ts'), ...args], {
    env: { ...process.env, ACTION_SERVER_URL: url, TARGET_SERVER_URL: url, CHAOS_SERVER_URL: url, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function runAgent(url: string, env: NodeJS.ProcessEnv = {}) {
  const agent = startAgent(url, env);
  let output = '';
  const keep = (chunk: Buffer): void => {
    output += String(chunk);
  };
  for (const stream of [agent.stdout, agent.stderr]) stream.on('data', keep);
  const [exitCode] = await once(agent, 'close');
  return { exitCode, output };
}

describe('the example agent', () => {
  it('heals as the one in the document does, and says the same', async () => {
    await using server = await standIn(scene([{ body: success }], true));
    const { exitCode, output } = await runAgent(server.url);
    expect(output.trim().split('\n')).toEqual([
      '🤖 Agent: Starting incident detection...',
      '👀 Agent: Observing target server...',
      '🧠 Agent: Diagnosing issue...',
      '🔍 Agent: Diagnosed db_pool_exhaustion with high confidence',
      '📊 Root cause: Database connection pool exhausted - leaked connections',
      '🔧 Agent: Executing remediation via action server...',
      '✅ Agent: Remediation completed successfully',
      '📋 Executed 2 steps',
      '   Step 1 restart_target_api: success',
      '   Step 2 verify_health: success',
      '🔍 Agent: Verifying recovery...',
      '✅ Agent: System fully recovered',
      '💡 Recommendation: ✅ System recovered successfully. Pool health restored.',
    ]);
    expect(exitCode).toBe(0);
    const [post] = server.asked(workflow);
    expect(post).toMatchObject({ method: 'POST', key: expect.stringMatching(/^agent-[\w-]+-1$/) });
    expect(post?.url.search).toBe('?escalate_to_db_restart=true');
  });

  it('does nothing to a target that is well', async () => {
    await using server = await standIn(answering(well));
    const { exitCode, output } = await runAgent(server.url);
    expect(output).toContain('❓ Agent: No issue detected or unable to diagnose');
    expect({ exitCode, asked: server.asked(workflow) }).toEqual({ exitCode: 0, asked: [] });
  });

  it('names the step that failed, and calls a person', async () => {
    const log = [{ step: 1, action: 'restart_target_api', status: 'failed', error: 'no such container' }];
    const body = {
      remediation_complete: false,
      execution_log: log,
      recommendation: 'Look at the container.',
    };
    await using server = await standIn(scene([{ body }], false));
    const { exitCode, output } = await runAgent(server.url);
    expect(output).toContain('⚠️ Agent: Remediation partially completed or failed');
    expect(output).toContain('Step 1 restart_target_api failed: no such container');
    expect(output).toContain('⚠️ Agent: System still degraded - escalating to human');
    expect(output).toContain('A person is needed. Look at the container.');
    expect(exitCode).toBe(1);
  });

  it.each([
    [429, 'cooldown_active', 'The target rests.', '1234'],
    [409, 'busy', 'Another remediation holds it.', undefined],
    [503, 'kill_switch', 'Remediation is switched off.', '5'],
  ])('says why it was refused with %i %s, and when to ask again', async (status, reason, detail, after) => {
    const headers = after === undefined ? {} : { 'retry-after': after };
    await using server = await standIn(scene([{ ...problem(status, reason, detail), headers }], false));
    const { exitCode, output } = await runAgent(server.url);
    expect(output).toContain(`⛔ Agent: Action server refused with ${status} ${reason}\n   ${detail}`);
    expect(output.includes(`may be asked again in ${after} seconds`)).toBe(after !== undefined);
    expect(exitCode).toBe(1);
  });

  it('follows a workflow that takes longer until its end', async () => {
    const record = '/api/v1/remediations/4711';
    const accepted = { status: 202, headers: { location: record }, body: { remediation_complete: false } };
    const ended = { state: 'complete', outcome: 'recovered', execution_log: success.execution_log };
    await using server = await standIn({
      ...scene([accepted], true),
      [record]: [{ body: { state: 'running' } }, { status: 503, body: {} }, { body: ended }],
    });
    const { exitCode, output } = await runAgent(server.url);
    expect(output).toContain(`⏳ Agent: It takes longer; following ${server.url}${record}`);
    expect(output).toContain('📋 Executed 2 steps');
    expect({ exitCode, asked: server.asked(record).length }).toEqual({ exitCode: 0, asked: 3 });
  });

  it('asks once more with the same key when an answer is lost', async () => {
    await using server = await standIn(scene(['silence', { body: success }], true));
    const { exitCode, output } = await runAgent(server.url, { ACTION_TIMEOUT_SECONDS: '2' });
    expect(output).toContain('⏱️ Action timed out');
    const keys = server.asked(workflow).map(({ key }) => key);
    expect({ exitCode, asked: keys.length, keys: new Set(keys).size }).toEqual({
      exitCode: 0,
      asked: 2,
      keys: 1,
    });
  });

  it('watches, with one key for an incident until it is answered, and another for another try', async () => {
    const away = problem(503, 'nats_unavailable', 'It is not known whether it stands.');
    const unavailable = { ...away, body: { ...away.body, remediation_id: '4711' } };
    const refusal = problem(429, 'rate_limited', 'Too many.');
    const refused = { ...refusal, body: { ...refusal.body, remediation_id: '4711' } };
    await using server = await standIn({
      ...scene([unavailable, refused, { body: success }], false),
      [verify]: [
        { body: { is_healthy: false } },
        { body: { is_healthy: false } },
        { body: { is_healthy: true } },
      ],
    });
    const agent = startAgent(server.url, { HEALTH_CHECK_INTERVAL_SECONDS: '0.05' }, ['--watch']);
    const keys = await until('four tries', () => {
      const all = server.asked(workflow).map(({ key }) => String(key));
      return all.length >= 4 ? all : undefined;
    });
    agent.kill();
    await once(agent, 'close');
    const [unanswered = '', again, next, another = ''] = keys;
    expect(again).toBe(unanswered);
    expect(next).toBe(unanswered.replace(/-1$/, '-2'));
    expect(another).toMatch(/-1$/);
    expect(another).not.toBe(unanswered);
  });

  it('calls a person when the action server does not answer', async () => {
    await using server = await standIn(scene([], false));
    const { exitCode, output } = await runAgent(server.url, { ACTION_SERVER_URL: 'http://127.0.0.1:1' });
    expect(output).toContain('❌ Cannot connect to action server');
    expect(output).toContain('A person is needed. Nobody answers at http://127.0.0.1:1/');
    expect(exitCode).toBe(1);
  });

  it('calls a person when the target cannot be observed', async () => {
    const { exitCode, output } = await runAgent('http://127.0.0.1:1');
    expect(output).toContain('The target server cannot be observed: Nobody answers at http://127.0.0.1:1/');
    expect(exitCode).toBe(1);
  });

  it('shows its token to the action server alone', async () => {
    await using server = await standIn(scene([{ body: success }], true));
    await using target = await standIn(answering(ill));
    await runAgent(server.url, { TARGET_SERVER_URL: target.url, ACTION_SERVER_TOKEN: 'a-secret-of-ours' });
    expect(server.asked(workflow)[0]?.token).toBe('Bearer a-secret-of-ours');
    expect(server.asked(verify)[0]?.token).toBe('Bearer a-secret-of-ours');
    expect(target.asked('/api/v1/health')[0]?.token).toBeUndefined();
  });

  it('has an attack that it knows of stopped, while it runs', async () => {
    const running = { '/api/v1/break/db_pool/abc-123': [{ body: { status: 'running' } }] };
    await using server = await standIn({ ...scene([{ body: success }], true), ...running });
    await runAgent(server.url, { CHAOS_ATTACK_ID: 'abc-123' });
    expect(server.asked(workflow)[0]?.url.searchParams.get('attack_id')).toBe('abc-123');
  });

  it('says which of its settings is wrong', async () => {
    for (const [name, value] of [
      ['ACTION_TIMEOUT_SECONDS', 'soon'],
      ['TARGET_SERVER_URL', 'localhost:8000'],
    ] as const) {
      const { exitCode, output } = await runAgent('http://127.0.0.1:1', { [name]: value });
      expect(output).toContain(`${name} is "${value}"`);
      expect(exitCode).toBe(2);
    }
  });
});
