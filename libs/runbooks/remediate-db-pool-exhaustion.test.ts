import { describe, expect, it } from 'vitest';
import { planSchema } from '#libs/contracts/plan';
import type { ResolvedTarget, Target } from '#libs/contracts/target';
import { planFor } from './catalogue.ts';
import { remediateDbPoolExhaustion as runbook } from './remediate-db-pool-exhaustion.ts';

const configured = { api: 'target_server_api', database: 'target_server_db' };
const settings = { stabilitySeconds: 5, timeoutSeconds: 60, startingSeconds: 600, httpHealthOf: [] };
const resolved = (kind: Target['kind'], name: string): ResolvedTarget => ({
  target: { engine: 'local', kind, name },
  container_id: null,
  container_name: name,
  protected_by: null,
});
const api = resolved('container', 'target_server_api');
const database = resolved('compose', 'shop/db/1');
const attack = resolved('endpoint', 'chaos/abc-123');

const given = (params: object) => runbook.params.parse(params);
const concernsOf = (params: object) => runbook.concerns('', given(params), configured);
const stepsOf = (targets: readonly ResolvedTarget[], params: object) =>
  planSchema
    .parse(planFor(runbook.name, targets, given(params), settings))
    .steps.map(({ n, action, target, when }) => [n, action, target.name, when]);

describe('remediate-db-pool-exhaustion', () => {
  it('is about the API, and leases the database only when it may come to that', () => {
    expect(concernsOf({})).toEqual([{ container: 'target_server_api' }]);
    expect(concernsOf({ attack_id: 'abc-123', escalate_to_db_restart: true })).toEqual([
      { container: 'target_server_api' },
      { container: 'target_server_db' },
      { kind: 'endpoint', name: 'chaos/abc-123' },
    ]);
  });

  it('stops the attack first, then restarts the API, then the database if that did not help', () => {
    expect(stepsOf([api, database, attack], { attack_id: 'abc-123', escalate_to_db_restart: true })).toEqual([
      [1, 'stop-chaos-attack', 'chaos/abc-123', 'always'],
      [2, 'restart', 'target_server_api', 'always'],
      [3, 'restart', 'shop/db/1', 'if_unhealthy'],
    ]);
    expect(stepsOf([api, attack], { attack_id: 'abc-123' })).toHaveLength(2);
    expect(stepsOf([api, database], { escalate_to_db_restart: true })).toHaveLength(2);
  });

  it('does not escalate unless it is told to', () => {
    expect(stepsOf([api], {})).toEqual([[1, 'restart', 'target_server_api', 'always']]);
  });

  it('takes no id of an attack that could lead elsewhere in a URL', () => {
    for (const attack_id of ['', '..', 'a/b', 'a%2Fb', 'a?b', 'a b', 'x'.repeat(65), 'ä']) {
      expect(runbook.params.safeParse({ attack_id }).success).toBe(false);
    }
  });
});
