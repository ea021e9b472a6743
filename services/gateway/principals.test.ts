import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRemediation } from '#libs/bus/remediation-record';
import { type AuditRecord, auditRecordSchema } from '#libs/contracts/audit-record';
import { type ApiAnswer, type ApiClient, apiClient } from '#libs/testing/api-client';
import { type GatewayGround, startGatewayGround } from '#libs/testing/gateway-ground';
import { until } from '#libs/testing/until';
import { startAudit } from '../audit/service.ts';
import { startSafety } from '../safety/service.ts';
import { startGateway } from './service.ts';

const tokens = { ann: 'canary-token-of-ann', bob: 'canary-token-of-bob', eve: 'canary-token-of-eve' };
type Name = keyof typeof tokens;
const list = [
  { principal: 'ann', scopes: ['observe', 'act'], token: tokens.ann },
  {
    principal: 'bob',
    scopes: ['admin'],
    token_sha256: createHash('sha256').update(tokens.bob).digest('hex'),
  },
  { principal: 'eve', scopes: ['observe'], token: tokens.eve },
];

const stack = new AsyncDisposableStack();
const stop = new AbortController();
const folder = mkdtempSync(join(tmpdir(), 'hemostat-principals-'));
const file = join(folder, 'action_server_audit.log');
const logLines: string[] = [];
let ground: GatewayGround;
let api: ApiClient;

beforeAll(async () => {
  stack.defer(() => rmSync(folder, { recursive: true }));
  ground = stack.use(await startGatewayGround({ startSafety, startGateway }));
  const env = { NATS_URL: ground.server.url, HEMOSTAT_DATA_DIR: folder, LOG_LEVEL: 'silent' };
  stack.use(await startAudit({ env, signal: stop.signal }));
  const closed = { ...env, GATEWAY_PORT: '0', GATEWAY_TOKENS: JSON.stringify(list), LOG_LEVEL: 'DEBUG' };
  const logDestination = { write: (line: string) => void logLines.push(line) };
  const gateway = stack.use(await startGateway({ env: closed, signal: stop.signal, logDestination }));
  api = await apiClient(gateway.url);
  stack.defer(() => stop.abort());
});
afterAll(() => stack.disposeAsync());

const as = (name: Name) => ({ authorization: `Bearer ${tokens[name]}` });
const ask = (name: Name, container: string, headers = {}): Promise<ApiAnswer> =>
  api.post(
    '/api/v1/remediations',
    { container, action: 'restart', reason: 'slow' },
    { ...as(name), prefer: 'wait=20', ...headers },
  );
const fresh = (): string => `patient-${randomUUID().slice(0, 8)}`;
const records = (match: (record: AuditRecord) => boolean): readonly AuditRecord[] =>
  (existsSync(file) ? readFileSync(file, 'utf8') : '')
    .split('\n')
    .slice(0, -1)
    .map((line) => auditRecordSchema.parse(JSON.parse(line)))
    .filter(match);
const recorded = (what: string, match: (record: AuditRecord) => boolean) =>
  until(what, () => records(match)[0]);

describe('who asks', () => {
  it('stands in the facts, in the answer and as user in every line of the audit, with params and result', async () => {
    for (const name of ['ann', 'bob'] as const) {
      const container = fresh();
      const { status, body } = await ask(name, container);
      expect({ status, principal: body.principal }).toEqual({ status: 200, principal: name });
      const id: string = body.remediation_id;
      const record = await readRemediation(ground.context.bus, id);
      expect(record?.requested?.body.principal).toBe(name);
      await recorded('its end is audited', (each) => each.remediation_id === id && each.event === 'complete');
      const lines = records((each) => each.remediation_id === id);
      expect(lines.length).toBeGreaterThanOrEqual(6);
      for (const line of lines) {
        expect(line).toMatchObject({
          timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/),
          user: name,
          action: 'restart',
          params: { container },
          result: expect.objectContaining({}),
        });
      }
    }
  });

  it('stands in the audit of a reset and of the control switch, whatever the body says', async () => {
    const reason = `drill ${randomUUID()}`;
    const order = { all: true, reason, actor: 'somebody else' };
    expect((await api.post('/api/v1/safety/reset', order, as('bob'))).status).toBe(400);
    const reset = await api.post('/api/v1/safety/reset', { all: true, reason }, as('bob'));
    const control = await api.post('/api/v1/safety/control', { kill_switch: 'off', reason }, as('bob'));
    expect([reset.status, control.status]).toEqual([200, 200]);
    for (const event of ['reset', 'control']) {
      const line = await recorded(event, (each) => each.event === event && each.reason === reason);
      expect(line).toMatchObject({ user: 'bob', params: expect.objectContaining({}) });
    }
  });

  it('has keys of its own: the same key of another principal is another remediation', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const [first, second] = [await ask('ann', fresh(), headers), await ask('bob', fresh(), headers)];
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(first.body.remediation_id).not.toBe(second.body.remediation_id);
  });
});

describe('who may do what', () => {
  const reads = ['/api/v1/safety/status', '/api/v1/audit', '/api/v1/targets'];
  const orders = ['/api/v1/safety/reset', '/api/v1/safety/control'];
  const orderOf = (path: string): object =>
    path.endsWith('reset') ? { all: true, reason: 'drill' } : { kill_switch: 'on', reason: 'drill' };

  it('observe looks and does nothing: 403 says what is missing and who can give it', async () => {
    for (const path of reads) {
      expect((await api.call('GET', path, undefined, as('eve'))).status).toBe(200);
    }
    const refused = await ask('eve', fresh());
    expect(refused).toMatchObject({ status: 403, body: { code: 'not_permitted' } });
    expect(refused.body.detail).toContain('eve lacks the scope act; it has observe.');
    expect(refused.body.detail).toContain('GATEWAY_TOKENS');
    expect(refused.headers.get('www-authenticate')).toContain('error="insufficient_scope", scope="act"');
    expect((await api.post('/api/v1/action/restart-target-api', undefined, as('eve'))).status).toBe(403);
    for (const path of orders) expect((await api.post(path, orderOf(path), as('eve'))).status).toBe(403);
  });

  it('act asks for remediations and leaves safety alone', async () => {
    for (const path of reads) {
      expect((await api.call('GET', path, undefined, as('ann'))).status).toBe(200);
    }
    expect((await ask('ann', fresh())).status).toBe(200);
    for (const path of orders) {
      const refused = await api.post(path, orderOf(path), as('ann'));
      expect(refused).toMatchObject({ status: 403, body: { code: 'not_permitted' } });
      expect(refused.body.detail).toContain('ann lacks the scope admin; it has observe, act.');
    }
  });

  it('nothing without a token or with a wrong one: 401 says what to send, and asks nothing of anybody', async () => {
    const container = fresh();
    const body = { container, action: 'restart' };
    const none = await api.post('/api/v1/remediations', body);
    expect(none).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    expect(none.body.detail).toContain('Authorization: Bearer <token>');
    expect(none.headers.get('www-authenticate')).toBe('Bearer realm="hemostat"');
    const hash = list[1]?.token_sha256;
    for (const authorization of [`Bearer ${tokens.ann}x`, `Bearer ${hash}`, tokens.ann, 'Basic YTpi']) {
      const wrong = await api.post('/api/v1/remediations', body, { authorization });
      expect(wrong).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
      expect(wrong.headers.get('www-authenticate')).toContain('error="invalid_token"');
    }
    expect(ground.executor.asked).not.toContain(container);
  });

  it('shows no token anywhere: not in the log, not in the audit', async () => {
    expect(logLines.join('')).toContain('ann (observe, act), bob (admin), eve (observe)');
    expect(logLines.join('')).not.toContain('canary');
    expect(readFileSync(file, 'utf8')).not.toContain('canary');
  });
});
