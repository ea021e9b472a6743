import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stateFact } from '#libs/bus/fact';
import { requestedSchema } from '#libs/contracts/facts';
import { canonicalJson } from '#libs/contracts/json';
import {
  auditMeshSubject,
  auditSubject,
  completeSubject,
  deadSubject,
  decidedSubject,
  executedSubject,
  requestedSubject,
  safetyActSubject,
  startedSubject,
  verifiedSubject,
} from '#libs/contracts/subjects';
import { type AuditGround, startAuditGround } from '#libs/testing/audit-ground';
import { aRequested, aTarget } from '#libs/testing/examples';
import { startAudit } from './service.ts';

const stack = new AsyncDisposableStack();
const stop = new AbortController();
let ground: AuditGround;

beforeAll(async () => {
  ground = stack.use(await startAuditGround());
  stack.use(await startAudit({ env: ground.env, signal: stop.signal }));
});
afterAll(() => stack.disposeAsync());

const at = '2026-01-01T00:00:00.000Z';
const publish = (subject: string, body: unknown): Promise<void> =>
  ground.publish(subject, typeof body === 'string' ? body : JSON.stringify(body));
const byEvent = async (id: string) =>
  new Map(
    (await ground.records())
      .filter((each) => each.remediation_id === id)
      .map((record) => [record.event, record]),
  );

it('records each fact of a remediation once, with who asked for what and why', async () => {
  const id = randomUUID();
  const target = aTarget('patient.one');
  const requested = aRequested({ id, target });
  await publish(requestedSubject(id), {
    ...requested,
    principal: 'agent-7',
    ask: { ...requested.ask, confidence: 0.95, metrics: { cpu_percent: 95.5 } },
  });
  const base = { remediation_id: id, at };
  await publish(decidedSubject(id, 'local'), { type: 'decided', ...base, verdict: 'approved' });
  await publish(startedSubject(id, 1), { type: 'started', ...base, n: 1, action: 'restart', target });
  await publish(executedSubject(id, 1), {
    type: 'executed',
    ...base,
    n: 1,
    action: 'restart',
    status: 'success',
  });
  await publish(verifiedSubject(id, 1), { type: 'verified', ...base, n: 1, verdict: 'healthy' });
  await publish(completeSubject(id), { type: 'complete', ...base, outcome: 'recovered' });
  await ground.settled();
  const records = await byEvent(id);
  expect([...records.values()].map(({ event, status }) => [event, status])).toEqual([
    ['requested', 'resolved'],
    ['decided', 'approved'],
    ['started', undefined],
    ['executed', 'success'],
    ['verified', 'healthy'],
    ['complete', 'recovered'],
  ]);
  for (const record of records.values()) {
    expect(record).toMatchObject({
      user: 'agent-7',
      container: 'patient.one',
      target: 'local/container/patient.one',
      action: 'restart',
      reason: 'High CPU usage detected',
      confidence: 0.95,
      metrics: { cpu_percent: 95.5 },
      params: { container: 'patient.one', dry_run: false },
    });
  }
  expect(records.get('verified')?.result).toEqual({ type: 'verified', ...base, n: 1, verdict: 'healthy' });
});

it('copies every record to the stream, on the subject of its target', async () => {
  const target = aTarget('copied');
  await ground.request(3, { target });
  await ground.settled();
  const copies = (await ground.copies()).filter(({ subject }) => subject === auditSubject(target));
  const records = (await ground.records()).filter((record) => record.container === 'copied');
  expect(copies.map(({ record }) => record)).toEqual(records);
  expect(records).toHaveLength(3);
});

it('writes each line in its one canonical form', async () => {
  await ground.request(1);
  await ground.settled();
  for (const line of await ground.lines()) expect(canonicalJson(JSON.parse(line))).toBe(line);
});

it('records acts of people on safety with who did it and why', async () => {
  await publish(safetyActSubject('reset', randomUUID()), {
    type: 'reset',
    at,
    actor: 'grace',
    reason: 'replaced the disk',
    targets: ['local/container/reset-me'],
    request: { parts: ['breaker'] },
  });
  await ground.settled();
  const { records } = await ground.query({ target: 'local/container/reset-me' });
  expect(records).toMatchObject([
    { event: 'reset', user: 'grace', reason: 'replaced the disk', params: { parts: ['breaker'] } },
  ]);
});

it('finds with those of a container its refusals, too, that came before its target was known', async () => {
  const [container, known, refused] = [`web-${randomUUID()}`, randomUUID(), randomUUID()];
  const requested = aRequested({ id: known, target: aTarget(container) });
  await publish(requestedSubject(known), requested);
  const resolution = { status: 'invalid', message: 'x', errors: [] };
  const invalid = { ...requested, remediation_id: refused, resolution, plan: null, principal: 'mallory' };
  await publish(requestedSubject(refused), invalid);
  await publish(requestedSubject(randomUUID()), {
    ...invalid,
    ask: { ...requested.ask, container: 'other' },
  });
  await ground.settled();
  const { records } = await ground.query({ container });
  expect(records.map(({ user, status }) => [user, status])).toEqual([
    ['mallory', 'invalid'],
    [requested.principal, 'resolved'],
  ]);
});

it('records dead letters with why nobody could handle them', async () => {
  await publish(deadSubject('not_json'), {
    at,
    reason: 'not_json',
    message: 'The message is no JSON.',
    stream: 'HEMOSTAT_INBOX',
    sequence: 7,
    subject: 'hemostat.remediation_needed.agent-9',
    payload: '{"container": "web", "password": "hunter2-canary"',
    encoding: 'utf8',
  });
  await ground.settled();
  const { records } = await ground.query({ event: 'dead_letter' });
  expect(records).toMatchObject([
    { user: 'agent-9', status: 'not_json', reason: 'The message is no JSON.', stream: 'HEMOSTAT_DEAD' },
  ]);
  expect(await ground.lines()).not.toContainEqual(expect.stringContaining('hunter2-canary'));
});

it('lets no secret through, at whatever depth and in whatever text', async () => {
  const id = randomUUID();
  const requested = aRequested({ id });
  await publish(requestedSubject(id), {
    ...requested,
    ask: {
      ...requested.ask,
      reason: 'login with password=canary-1 failed at http://root:canary-2@db:5432/',
      metrics: {
        headers: [{ Authorization: 'Bearer canary-3', 'x-api-key': 'canary-4' }],
        env: { DB_PASSWORD: 'canary-5', deep: { er: { clientSecret: ['canary-6'] } } },
        text: 'Authorization: Bearer canary-789012',
        token_count: 42,
      },
    },
  });
  await ground.settled();
  const [record] = (await ground.query({ remediation_id: id })).records;
  expect(JSON.stringify(await ground.lines())).not.toContain('canary-');
  expect(JSON.stringify(await ground.copies())).not.toContain('canary-');
  expect(record?.metrics).toMatchObject({ token_count: 42 });
});

it.each([
  ['no JSON', 'complete nonsense'],
  ['a list', '[1,2,3]'],
  ['forbidden keys', '{"__proto__":{"polluted":true}}'],
  ['nothing', ''],
  ['nested beyond what anybody can go down', `${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}`],
  ['nested deeply', `${'{"a":'.repeat(4_000)}"password=canary-1"${'}'.repeat(4_000)}`],
  ['half a surrogate', '{"text":"\\ud800"}'],
  ['a number beyond all bounds', '{"n":1e999}'],
  ['another type in every member', '{"outcome":[],"target":7,"targets":{},"n":"one","actor":[]}'],
])('records a fact that is %s, and goes on', async (_, body) => {
  const id = randomUUID();
  await publish(completeSubject(id), body);
  await publish(safetyActSubject('control', id), body);
  await ground.settled();
  expect((await byEvent(id)).get('complete')).toMatchObject({ event: 'complete' });
  expect(await ground.verify()).toMatchObject({ ok: true });
});

it('records a fact as large as a message can be, and only points to it elsewhere', async () => {
  const id = randomUUID();
  await publish(completeSubject(id), { type: 'complete', remediation_id: id, text: 'x'.repeat(1_000_000) });
  await ground.settled();
  expect(String((await byEvent(id)).get('complete')?.result.text)).toHaveLength(1_000_000);
  const copy = (await ground.copies()).find(({ record }) => record.remediation_id === id);
  expect(copy?.record.result).toMatchObject({ too_long_for_the_stream: true });
  const { records } = await ground.query({ remediation_id: id });
  expect(records).toMatchObject([{ result: { too_long_for_an_answer: true } }]);
});

it('puts what concerns no known target with the mesh', async () => {
  const id = randomUUID();
  const requested = aRequested({ id });
  await publish(requestedSubject(id), {
    ...requested,
    plan: null,
    resolution: { status: 'not_found', message: 'There is no container called web-app-1.' },
  });
  await ground.settled();
  const copy = (await ground.copies()).find(({ record }) => record.remediation_id === id);
  expect(copy).toMatchObject({ subject: auditMeshSubject, record: { status: 'not_found' } });
});

it('carries the trace id that the fact was sent in', async () => {
  const id = randomUUID();
  await stateFact(ground.client.bus, requestedSubject(id), requestedSchema, aRequested({ id }));
  await ground.settled();
  expect((await byEvent(id)).get('requested')?.trace_id).toMatch(/^[0-9a-f]{32}$/);
});

it('answers queries newest first, by every filter, and says when there is more', async () => {
  const target = aTarget('asked-about');
  const ids = await ground.request(5, { target });
  const id = ids[2] ?? '';
  await publish(completeSubject(id), { type: 'complete', remediation_id: id, at, outcome: 'failed' });
  await ground.settled();
  const all = await ground.query({ target: 'local/container/asked-about' });
  expect(all.records).toHaveLength(6);
  expect(all.truncated).toBe(false);
  const numbers = all.records.map(({ n }) => n);
  expect(numbers).toEqual(numbers.toSorted((a, b) => b - a));
  expect(await ground.query({ container: 'asked-about' })).toEqual(all);
  expect((await ground.query({ remediation_id: id })).records).toHaveLength(2);
  expect((await ground.query({ container: 'asked-about', event: 'complete' })).records).toHaveLength(1);
  expect((await ground.query({ status: 'failed', action: 'restart' })).records).toHaveLength(1);
  const some = await ground.query({ container: 'asked-about', limit: 2 });
  expect(some).toEqual({ records: all.records.slice(0, 2), truncated: true });
  const since = all.records[1]?.timestamp ?? '';
  const later = await ground.query({ container: 'asked-about', since });
  expect(later.records.length).toBeGreaterThanOrEqual(2);
  expect((await ground.query({ until: '2020-01-01T00:00:00.000Z' })).records).toEqual([]);
});

it('refuses a target that is none, naming the field', async () => {
  await expect(ground.query({ target: 'web-1' })).rejects.toMatchObject({
    code: 'invalid_request',
    errors: [{ field: 'target' }],
  });
});

it('finds its own chain whole', async () => {
  const records = await ground.records();
  expect(await ground.verify()).toEqual({
    ok: true,
    records: records.length,
    head: records.at(-1)?.hash,
    files: ['action_server_audit.log'],
    broken_at: null,
    doubtful_from: null,
    signed: expect.objectContaining({ trouble: null }),
    what_to_do: null,
    waiting: null,
  });
});
