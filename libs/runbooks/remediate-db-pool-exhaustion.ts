import { z } from 'zod';
import { restart } from '#libs/actions/restart';
import { attackIdSchema, stopChaosAttack } from '#libs/actions/stop-chaos-attack';
import type { Step } from '#libs/contracts/plan';
import { expectationOf } from './expectation.ts';
import type { Runbook } from './runbook.ts';

const paramsSchema = z.strictObject({
  /** A chaos attack to end first. */
  attack_id: attackIdSchema.optional(),
  /** May the database be restarted when restarting the API is verified not to have helped? */
  escalate_to_db_restart: z.boolean().default(false),
});

/**
 * Connections leaked until the pool was empty: ends the attack that leaks them, if one is named, and restarts the
 * API. The database is restarted only where that is allowed, and only after the API was seen to be still unhealthy.
 */
export const remediateDbPoolExhaustion: Runbook = {
  name: 'remediate-db-pool-exhaustion',
  summary:
    'Stop the attack if one is named, restart the target API, verify, and restart its database if that is allowed and needed.',
  params: paramsSchema,
  container: 'implied',
  about: ({ api }) => api,

  concerns(_, params, { api, database }) {
    const { attack_id, escalate_to_db_restart } = paramsSchema.parse(params);
    return [
      { container: api },
      ...(escalate_to_db_restart ? [{ container: database }] : []),
      ...(attack_id === undefined
        ? []
        : [{ kind: 'endpoint' as const, name: stopChaosAttack.concerns({ attack_id }) }]),
    ];
  },

  steps([api, ...others], params, settings) {
    const { attack_id } = paramsSchema.parse(params);
    const database = others.find(({ target }) => target.kind !== 'endpoint');
    const attack = others.find(({ target }) => target.kind === 'endpoint');
    if (!api) return [];
    const verify = expectationOf('running', true, settings);
    const steps: readonly Omit<Step, 'n'>[] = [
      ...(attack
        ? [
            {
              action: stopChaosAttack.name,
              target: attack.target,
              params: { attack_id },
              when: 'always' as const,
              verify: null,
              on_failure: 'go_on' as const,
            },
          ]
        : []),
      { action: restart.name, target: api.target, params: {}, when: 'always', verify },
      ...(database
        ? [
            {
              action: restart.name,
              target: database.target,
              params: {},
              when: 'if_unhealthy' as const,
              verify,
            },
          ]
        : []),
    ];
    return steps.map((step, at) => ({ n: at + 1, ...step }));
  },
};
