import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { stateFact } from '#libs/bus/fact';
import {
  type Executed,
  executedSchema,
  type Started,
  startedSchema,
  type Verified,
  verifiedSchema,
} from '#libs/contracts/facts';
import { idFromKey } from '#libs/contracts/ids';
import { executedSubject, startedSubject, verifiedSubject } from '#libs/contracts/subjects';
import { toInstant } from '#libs/runtime/instant';
import { type ActionServerGround, startActionServerGround } from '#libs/testing/action-server-ground';
import type { TestContainer } from '#libs/testing/container';
import { until } from '#libs/testing/until';

const route = '/api/v1/action/remediate-db-pool-exhaustion';
const attack = '/api/v1/break/db_pool/abc-123';
let ground: ActionServerGround;
beforeAll(async () => {
  ground = await startActionServerGround();
}, 120_000);
afterAll(() => ground[Symbol.asyncDispose]());
beforeEach(() => ground.reset());

/** Asks for the whole workflow, and knows its id before there is any answer. */
function begin(key: string) {
  const headers = { 'idempotency-key': key, prefer: 'wait=60' };
  const answer = ground.first.post(
    `${route}?attack_id=abc-123&escalate_to_db_restart=true`,
    undefined,
    headers,
  );
  return { id: idFromKey('anonymous', key), answer };
}

async function replaceExecutor(): Promise<void> {
  await ground.mesh.of('executor').at(-1)?.kill9();
  await ground.mesh.start('executor');
}
const stands = (id: string, step: number, fact: 'started' | 'executed' | 'verified') =>
  until(
    `step ${step} is ${fact}`,
    async () => (await ground.record(id))?.steps[step - 1]?.[fact]?.body,
    30_000,
  );

async function expectWhole({ id, answer }: ReturnType<typeof begin>, chaos = 'success'): Promise<void> {
  const { status, body } = await answer;
  expect({ status, outcome: body.outcome }).toEqual({ status: 200, outcome: 'recovered' });
  expect(body.remediation_complete).toBe(true);
  expect(body.execution_log).toMatchObject([
    { step: 1, action: 'stop_chaos_attack', status: chaos },
    { step: 2, action: 'restart_target_api', status: 'success' },
    { step: 3, action: 'verify_health', status: 'failed', verdict: 'unhealthy' },
    { step: 4, action: 'restart_target_db', status: 'success' },
    { step: 5, action: 'verify_health', status: 'success', verdict: 'healthy' },
  ]);
  expect(await ground.restarts()).toEqual({ api: 1, database: 1 });
  const record = await ground.record(id);
  expect(record?.complete?.body.outcome).toBe('recovered');
  expect(record?.finished?.body.execution_log).toHaveLength(3);
}

describe('a workflow whose executor is killed with kill -9 is brought to its end by another one', () => {
  it('killed while the chaos server is asked, after the restart of the API, and after that of the database', async () => {
    await ground.script({ api: 'unhealthy', database: 'healthy' });
    ground.chaos.on(`POST ${attack}/stop`, 'silence');
    ground.chaos.on(`GET ${attack}`, { body: { status: 'cancelling' } });
    const workflow = begin('killed thrice');
    await until('the chaos server hears', () => ground.chaos.asked('POST /*').length > 0 || undefined);
    await replaceExecutor();
    expect(await stands(workflow.id, 1, 'executed')).toMatchObject({ status: 'success', observed: true });
    await stands(workflow.id, 2, 'executed');
    await replaceExecutor();
    await stands(workflow.id, 3, 'executed');
    await replaceExecutor();
    await expectWhole(workflow);
    expect(ground.chaos.asked('POST /*')).toHaveLength(1);
  }, 90_000);

  it('killed before the chaos server was asked: nobody asks it any more, its step is unknown, and it goes on', async () => {
    await ground.script({ api: 'unhealthy', database: 'healthy' });
    ground.chaos.on(`GET ${attack}`, { body: { status: 'running' } });
    const before = ground.chaos.asked('POST /*').length;
    const workflow = await leftBehind('before step one', async ({ begin: started }) => {
      await started(1, 'stop-chaos-attack', { attack_id: 'abc-123' });
    });
    await expectWhole(workflow, 'unknown');
    expect(ground.chaos.asked('POST /*')).toHaveLength(before);
  }, 60_000);

  it('killed when the attack was stopped and nothing else was begun: it goes on with the API', async () => {
    await ground.script({ api: 'unhealthy', database: 'healthy' });
    const before = ground.chaos.asked('POST /*').length;
    const workflow = await leftBehind('after step one', async ({ act }) => {
      await act(1, 'stop-chaos-attack', { attack_id: 'abc-123' });
    });
    await expectWhole(workflow);
    expect(ground.chaos.asked('POST /*')).toHaveLength(before);
  }, 60_000);

  it('killed when the API was verified unhealthy: it goes on with the database', async () => {
    await ground.script({ api: 'unhealthy', database: 'healthy' });
    const workflow = await leftBehind('after the verification', async ({ act, verify }) => {
      await act(1, 'stop-chaos-attack', { attack_id: 'abc-123' });
      await ground.api.container.restart({ t: 1 });
      await act(2, 'restart', {});
      await verify(2, 'unhealthy');
    });
    await expectWhole(workflow);
  }, 60_000);
});

const container = ({ name }: TestContainer) => ({ engine: 'local', kind: 'container', name }) as const;
const endpoint = { engine: 'local', kind: 'endpoint', name: 'chaos/abc-123' } as const;

type Pen = {
  begin(n: number, action: string, evidence: Started['evidence']): Promise<void>;
  act(n: number, action: string, evidence: Started['evidence']): Promise<void>;
  verify(n: number, verdict: Verified['verdict']): Promise<void>;
};

/** The facts that an executor left which died right after the last of them; another one is there then. */
async function leftBehind(key: string, write: (pen: Pen) => Promise<void>) {
  const { bus } = ground.client;
  await ground.mesh.of('safety').at(-1)?.kill9();
  const workflow = begin(key);
  const { id } = workflow;
  const head = (n: number) => ({ remediation_id: id, at: toInstant(Date.now()), n });
  const begun: Pen['begin'] = async (n, action, evidence) => {
    const target = n === 1 ? endpoint : container(ground.api);
    const started: Started = {
      ...{ type: 'started', ...head(n), action, target, evidence, settle_seconds: 2, calls: [] },
    };
    await stateFact(bus, startedSubject(id, n), startedSchema, started);
  };
  const act: Pen['act'] = async (n, action, evidence) => {
    await begun(n, action, evidence);
    const executed: Executed = {
      ...{ type: 'executed', ...head(n), action, status: 'success', reached_docker: true },
      ...{ observed: false, result: {}, duration_ms: 1 },
    };
    await stateFact(bus, executedSubject(id, n), executedSchema, executed);
  };
  const verify: Pen['verify'] = async (n, verdict) => {
    const said = { verdict, message: 'it is ill', readings: {}, duration_ms: 1 };
    await stateFact(bus, verifiedSubject(id, n), verifiedSchema, { type: 'verified', ...head(n), ...said });
  };
  await until('it is requested', async () => ((await ground.record(id)) ? true : undefined));
  await ground.mesh.of('executor').at(-1)?.kill9();
  await write({ begin: begun, act, verify });
  await ground.mesh.start('safety');
  await ground.mesh.start('executor');
  return workflow;
}
