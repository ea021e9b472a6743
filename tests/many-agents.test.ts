import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type ActionServerGround,
  clientOf,
  startActionServerGround,
} from '#libs/testing/action-server-ground';
import type { ApiAnswer } from '#libs/testing/api-client';
import { until } from '#libs/testing/until';

const actions = '/api/v1/action';
const workflow = `${actions}/remediate-db-pool-exhaustion`;
let ground: ActionServerGround;
beforeAll(async () => {
  const replicas = { gateway: 2, safety: 2 };
  ground = await startActionServerGround({ replicas, apiStopSeconds: 2, endpoints: true });
  for (const path of ['scale-pool', 'rotate-credentials']) ground.endpoint.on(`POST /${path}`, { body: {} });
}, 120_000);
afterAll(() => ground[Symbol.asyncDispose]());
beforeEach(async () => {
  await ground.reset();
  await ground.script({ api: 'healthy' });
});

type Extras = { readonly gateway?: number; readonly body?: object | undefined };
const post = (
  path: string,
  headers: Readonly<Record<string, string>> = {},
  { gateway = 0, body }: Extras = {},
): Promise<ApiAnswer> => (ground.clients[gateway] ?? ground.first).post(path, body, headers);
const fifty = (request: (at: number) => Promise<ApiAnswer>): Promise<readonly ApiAnswer[]> =>
  Promise.all(Array.from({ length: 50 }, (_, at) => request(at)));

/** What an agent reads of the workflow, whatever became of it. */
const everyAnswer = {
  remediation_complete: expect.any(Boolean),
  execution_log: expect.any(Array),
  recommendation: expect.any(String),
};

describe('fifty agents that post the same remediation at once', () => {
  it('with keys of their own restart once; the others are told that it is busy or too much', async () => {
    const answers = await fifty((at) =>
      post(workflow, { 'idempotency-key': `agent-${at}-${randomUUID()}` }, { gateway: at % 2 }),
    );
    const byStatus = Map.groupBy(answers, ({ status }) => status);
    expect([...byStatus.keys()].filter((status) => ![200, 409, 429].includes(status))).toEqual([]);
    expect(byStatus.get(200)).toHaveLength(1);
    for (const { body } of answers) expect(body).toMatchObject(everyAnswer);
    expect(await ground.restarts()).toEqual({ api: 1, database: 0 });
  });

  it('with one key restart once, and all get the same answer', async () => {
    const key = randomUUID();
    const answers = await fifty((at) => post(workflow, { 'idempotency-key': key }, { gateway: at % 2 }));
    expect(answers[0]).toMatchObject({ status: 200, body: { remediation_complete: true } });
    for (const { status, body } of answers) expect({ status, body }).toEqual(stable(answers[0]));
    expect(await ground.restarts()).toEqual({ api: 1, database: 0 });
  });
});

const stable = (answer: ApiAnswer | undefined) => answer && { status: answer.status, body: answer.body };

describe('a key', () => {
  const attack = '/api/v1/break/db_pool/abc-123';
  const requests: readonly (readonly [string, object | undefined, string, object | undefined])[] = [
    [`${actions}/restart-target-api`, undefined, `${actions}/restart-target-db`, undefined],
    [`${actions}/restart-target-db`, undefined, `${actions}/restart-target-db?dry_run=true`, undefined],
    [
      `${actions}/stop-chaos-attack?attack_id=abc-123`,
      undefined,
      `${actions}/stop-chaos-attack?attack_id=x`,
      undefined,
    ],
    [workflow, undefined, `${workflow}?escalate_to_db_restart=true`, undefined],
    [
      '/api/v1/remediations',
      { action: 'scale-pool', params: { size: 5 } },
      '/api/v1/remediations',
      { action: 'scale-pool', params: { size: 6 } },
    ],
  ];
  it.each(requests)(
    '%s gives the same answer again at every gateway, and nothing else',
    async (path, body, otherPath, otherBody) => {
      ground.chaos.on(`POST ${attack}/stop`, { body: { status: 'cancelled' } });
      const headers = { 'idempotency-key': randomUUID(), prefer: 'wait=30' };
      const before = ground.chaos.asked('POST /*').length + ground.endpoint.asked('POST /*').length;
      const first = await post(path, headers, { body });
      expect(first.status).toBe(200);
      for (const gateway of [0, 1]) {
        const again = await post(path, headers, { gateway, body });
        expect(stable(again)).toEqual(stable(first));
        expect(again.headers.get('location')).toBe(first.headers.get('location'));
      }
      const reused = await post(otherPath, headers, { gateway: 1, body: otherBody });
      expect(reused).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
      if (path === workflow)
        expect(reused.body).toMatchObject({ ...everyAnswer, remediation_complete: false });
      const { api, database } = await ground.restarts();
      const calls = ground.chaos.asked('POST /*').length + ground.endpoint.asked('POST /*').length - before;
      expect(api + database + calls).toBe(1);
    },
  );

  it('whose remediation still runs is answered 202 with its Location, or waited for', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const begun = await post(workflow, { ...headers, prefer: 'wait=0' });
    expect(begun).toMatchObject({ status: 202, body: { ...everyAnswer, remediation_complete: false } });
    expect(begun.body).toMatchObject({ status: 'in_progress', outcome: null, final_health: null });
    const location = begun.headers.get('location') ?? '';
    expect(location).toBe(`/api/v1/remediations/${begun.body.remediation_id}`);
    const again = await post(workflow, { ...headers, prefer: 'wait=0' }, { gateway: 1 });
    expect([again.status, again.headers.get('location')]).toEqual([202, location]);
    const waited = await post(workflow, headers, { gateway: 1 });
    expect(waited).toMatchObject({ status: 200, body: { remediation_complete: true } });
    expect((await ground.first.get(location)).body).toMatchObject({
      state: 'complete',
      outcome: 'recovered',
    });
    expect(await ground.restarts()).toEqual({ api: 1, database: 0 });
  });
});

describe('a gateway that waits for a moment only', () => {
  it('answers 202 before the end, with where it will be and what was done so far', async () => {
    const hasty = await clientOf(await ground.mesh.start('gateway', { GATEWAY_WAIT_SECONDS: '0.2' }));
    for (const path of [workflow, `${actions}/restart-target-db`]) {
      const { status, body, headers } = await hasty.post(path);
      if (path === workflow)
        expect({ status, ...body }).toMatchObject({ ...everyAnswer, status: 'in_progress' });
      const location = headers.get('location') ?? '';
      const end = await until('it is over', async () => {
        const now = await hasty.get(location);
        return now.body.state === 'complete' ? now.body : undefined;
      });
      expect(end).toMatchObject({ outcome: 'recovered', remediation_id: body.remediation_id });
    }
  });
});

describe('a target that is being healed', () => {
  it('is busy for everybody else: 409 says who holds it, and a dry run says that it would be refused', async () => {
    const begun = await post(workflow, { prefer: 'wait=0' });
    await until('it runs', async () => (await ground.record(begun.body.remediation_id))?.steps[0]?.started);
    const refused = await post(workflow, {}, { gateway: 1 });
    expect(refused).toMatchObject({ status: 409, body: { ...everyAnswer, code: 'busy', execution_log: [] } });
    expect(refused.body.detail).toContain(begun.body.remediation_id);
    const preview = await post(`${workflow}?dry_run=true`, {}, { gateway: 1 });
    expect(preview).toMatchObject({ status: 200, body: { ...everyAnswer, would_be: 'refused' } });
    expect(preview.body.refusal.reason).toBe('busy');
    await ground.spent(ground.targets.api);
  });
});

describe('five restarts a minute of one target', () => {
  it('are counted over all gateways and all of safety; the sixth is told when it may come', async () => {
    const path = `${actions}/restart-target-db`;
    const { database } = ground.targets;
    const left: (string | null)[] = [];
    for (let at = 0; at < 5; at += 1) {
      const { status, headers } = await post(path, {}, { gateway: at % 2 });
      expect({ at, status }).toEqual({ at, status: 200 });
      expect(headers.get('ratelimit-policy')).toBe('"restart";q=5;w=60');
      left.push(headers.get('ratelimit')?.split(';')[1] ?? null);
      expect(await ground.spent(database)).toBe('cooldown');
      const order = { target: database, parts: ['cooldown'], reason: 'the next restart' };
      await post('/api/v1/safety/reset', {}, { body: order });
    }
    expect(left).toEqual(['r=4', 'r=3', 'r=2', 'r=1', 'r=0']);
    const refused = await post(path, {}, { gateway: 1 });
    expect(refused).toMatchObject({ status: 429, body: { code: 'rate_limited', reason: 'rate_limited' } });
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(30);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(refused.headers.get('ratelimit')).toBe(`"restart";r=0;t=${seconds}`);
    expect((await post(`${path}?dry_run=true`)).body).toMatchObject({ details: { would_be: 'refused' } });
    expect(await ground.restarts()).toEqual({ api: 0, database: 5 });
    const other = await post(`${actions}/restart-target-api?dry_run=true`);
    expect(other.headers.get('ratelimit')).toMatch(/^"restart";r=5;/);
  });
});
