import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type ActionServerGround,
  startActionServerGround,
  type Verdict,
} from '#libs/testing/action-server-ground';
import { until } from '#libs/testing/until';

const actions = '/api/v1/action';
const path = `${actions}/remediate-db-pool-exhaustion`;
let ground: ActionServerGround;
beforeAll(async () => {
  ground = await startActionServerGround();
}, 120_000);
afterAll(() => ground[Symbol.asyncDispose]());
beforeEach(() => ground.reset());

/** Each entry of the log as `action: status (verdict)`. */
const sayLog = (log: readonly { action: string; status: string; verdict?: string }[]): string[] =>
  log.map(({ action, status, verdict }) => `${action}: ${status}${verdict ? ` (${verdict})` : ''}`);

type Combination = {
  readonly escalate: boolean;
  readonly api: Verdict;
  readonly database?: Verdict;
  readonly ends: string;
  readonly budgets: readonly [string, string];
};
const combinations: readonly Combination[] = [
  { escalate: false, api: 'healthy', ends: 'recovered', budgets: ['cooldown', 'nothing'] },
  { escalate: false, api: 'unhealthy', ends: 'ineffective', budgets: ['attempt', 'nothing'] },
  { escalate: false, api: 'inconclusive', ends: 'inconclusive', budgets: ['attempt', 'nothing'] },
  { escalate: true, api: 'healthy', ends: 'recovered', budgets: ['cooldown', 'nothing'] },
  { escalate: true, api: 'inconclusive', ends: 'inconclusive', budgets: ['attempt', 'nothing'] },
  {
    escalate: true,
    api: 'unhealthy',
    database: 'healthy',
    ends: 'recovered',
    budgets: ['cooldown', 'cooldown'],
  },
  {
    escalate: true,
    api: 'unhealthy',
    database: 'unhealthy',
    ends: 'ineffective',
    budgets: ['attempt', 'attempt'],
  },
  {
    escalate: true,
    api: 'unhealthy',
    database: 'inconclusive',
    ends: 'inconclusive',
    budgets: ['attempt', 'attempt'],
  },
];

describe('remediate-db-pool-exhaustion restarts the database only when it may and the API is verified unhealthy', () => {
  it.each(combinations)('escalate $escalate, API $api, database $database: $ends', async (combination) => {
    const { escalate, api, database, ends, budgets } = combination;
    await ground.script({ api, ...(database ? { database } : {}) });
    const { status, body } = await ground.first.post(`${path}?escalate_to_db_restart=${escalate}`);
    const last = database ?? api;
    expect({ status, outcome: body.outcome }).toEqual({ status: 200, outcome: ends });
    expect(body.remediation_complete).toBe(ends === 'recovered');
    expect(await ground.restarts()).toEqual({ api: 1, database: database ? 1 : 0 });
    const look = (verdict: Verdict) =>
      `verify_health: ${verdict === 'healthy' ? 'success' : 'failed'} (${verdict})`;
    const escalation = database ? ['restart_target_db: success', look(database)] : [];
    expect(sayLog(body.execution_log)).toEqual(['restart_target_api: success', look(api), ...escalation]);
    expect(body.execution_log.map(({ step }: { step: number }) => step)).toEqual(
      body.execution_log.map((_: unknown, at: number) => at + 1),
    );
    expect(body.final_health).toMatchObject({ is_healthy: last === 'healthy', verdict: last });
    expect(body.recommendation.startsWith(ends === 'recovered' ? '✅' : '⚠️')).toBe(true);
    const { targets } = ground;
    expect([await ground.spent(targets.api), await ground.spent(targets.database)]).toEqual(budgets);
  });
});

describe('while NATS is away', () => {
  it('every call says so with 503, and nothing is done', async () => {
    await ground.script({ api: 'healthy' });
    await ground.server.kill9();
    const names = ['restart-target-api', 'restart-target-db', 'stop-chaos-attack?attack_id=a'];
    const away = (route: string) =>
      until(`${route} says so`, async () => {
        const answer = await ground.first.post(route);
        return answer.status === 503 ? answer : undefined;
      });
    expect((await away(path)).body).toMatchObject({
      remediation_complete: false,
      execution_log: [],
      code: 'nats_unavailable',
    });
    for (const name of names) {
      const { headers, body } = await away(`${actions}/${name}`);
      expect(body.code).toBe('nats_unavailable');
      expect(headers.get('retry-after')).toBe('5');
    }
    const health = await ground.first.get(`${actions}/verify-target-health`);
    expect(health).toMatchObject({ status: 503, body: { code: 'nats_unavailable' } });
    await ground.server.restart();
    await ground.mesh.ready();
    expect(await ground.restarts()).toEqual({ api: 0, database: 0 });
  });
});
