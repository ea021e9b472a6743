import { describe, expect, it } from 'vitest';
import {
  aComplete,
  anExecuted,
  aPreviewed,
  aVerified,
  aWorkflow,
  wellTarget,
} from '#libs/testing/workflow-example';
import type { RemediationView } from './view.ts';
import { workflowBody, workflowBodySchema } from './workflow-body.ts';

const requested = aWorkflow();
const steps = [
  { executed: anExecuted(1) },
  { executed: anExecuted(2), verified: aVerified(2, 'healthy', wellTarget) },
  { executed: anExecuted(3, { status: 'skipped', result: {} }) },
];
const bodyOf = (view: Partial<RemediationView>) => {
  const body = workflowBody('remediate_db_pool_exhaustion', { requested, steps: [], ...view });
  expect(workflowBodySchema.strict().parse(body)).toEqual(body);
  return body;
};
describe('the answer of the workflow', () => {
  it('is the one of the document, and says more', () => {
    const { execution_log, ...rest } = bodyOf({ steps, complete: aComplete('recovered') });
    expect(rest).toMatchObject({
      remediation_complete: true,
      final_health: {
        is_healthy: true,
        health_status: 'ok',
        pool_health: 'healthy',
        error_rate_percent: 1.2,
      },
      recommendation: '✅ System recovered successfully. Pool health restored.',
      state: 'complete',
      outcome: 'recovered',
    });
    expect(execution_log.map(({ action }) => action)).toEqual([
      'stop_chaos_attack',
      'restart_target_api',
      'verify_health',
    ]);
  });

  it('is complete only when the target was seen to recover', () => {
    const others = [
      'ineffective',
      'inconclusive',
      'failed',
      'not_applicable',
      'unknown',
      'executed',
    ] as const;
    for (const outcome of others) {
      expect(bodyOf({ steps, complete: aComplete(outcome) })).toMatchObject({
        outcome,
        remediation_complete: false,
      });
    }
  });

  it('says that it is under way before its end', () => {
    const running = { status: 'in_progress', outcome: null, remediation_complete: false };
    expect(bodyOf({})).toMatchObject({
      ...running,
      state: 'requested',
      execution_log: [],
      final_health: null,
    });
    expect(bodyOf({ steps })).toMatchObject({ ...running, final_health: { is_healthy: true } });
  });

  it('of a dry run has the preview and what would be decided', () => {
    const refusal = { reason: 'busy', message: 'somebody heals it' } as const;
    const body = bodyOf({ decided: aPreviewed(refusal) });
    expect(body).toMatchObject({ would_be: 'refused', refusal, preview: { steps: [] }, status: 'dry_run' });
    expect(body.details).toMatchObject({ command: '', risk_level: 'none', would_be: 'refused' });
    expect(body.remediation_complete).toBe(false);
  });
});
