import { describe, expect, it } from 'vitest';
import {
  aComplete,
  anExecuted,
  aStarted,
  aVerified,
  aWorkflow,
  wellTarget,
} from '#libs/testing/workflow-example';
import type { RemediationView, StepView } from './view.ts';
import { finalHealth, workflowLog } from './workflow-log.ts';

const view = (...steps: readonly StepView[]): RemediationView => ({ requested: aWorkflow(), steps });
const stopped = { executed: anExecuted(1) };
const skipped = { executed: anExecuted(3, { status: 'skipped', reached_docker: false, result: {} }) };
const ill = { ...wellTarget, is_healthy: false, verdict: 'unhealthy', pool_health: 'critical' } as const;
const restarted = (n: number, verdict: 'healthy' | 'unhealthy' | 'inconclusive', http = wellTarget) => ({
  executed: anExecuted(n),
  verified: aVerified(n, verdict, http),
});
const named = (shown: RemediationView) =>
  workflowLog(shown).map(({ step, action, status }) => `${step} ${action} ${status}`);

describe('the log of the workflow', () => {
  it('has a look at the patient as a step of its own, numbered in order', () => {
    expect(workflowLog(view(stopped, restarted(2, 'healthy'), skipped))).toEqual([
      { step: 1, action: 'stop_chaos_attack', status: 'success', result: { status: 'cancelling' } },
      {
        step: 2,
        action: 'restart_target_api',
        status: 'success',
        result: { details: 'Container restarted', stdout: 'Container restarted' },
      },
      {
        step: 3,
        action: 'verify_health',
        status: 'success',
        verdict: 'healthy',
        result: expect.objectContaining({
          is_healthy: true,
          pool_health: 'healthy',
          error_rate_percent: 1.2,
        }),
      },
    ]);
  });

  it('has the escalation only where it came to that', () => {
    expect(named(view(stopped, restarted(2, 'unhealthy', ill), restarted(3, 'healthy')))).toEqual([
      '1 stop_chaos_attack success',
      '2 restart_target_api success',
      '3 verify_health failed',
      '4 restart_target_db success',
      '5 verify_health success',
    ]);
    expect(named(view(stopped, restarted(2, 'inconclusive'), skipped))).toHaveLength(3);
  });

  it('has every step that failed, with its error, also an attack that was not there as skipped', () => {
    const error = { code: 'docker_refused', message: 'no space left' };
    const failed = { executed: anExecuted(2, { status: 'failed', error, result: {} }) };
    const nobody = { executed: anExecuted(1, { status: 'skipped', result: { details: 'no attack' } }) };
    expect(workflowLog(view(nobody, failed))).toMatchObject([
      { step: 1, action: 'stop_chaos_attack', status: 'skipped' },
      { step: 2, action: 'restart_target_api', status: 'failed', error: 'no space left' },
    ]);
    expect(workflowLog(view(stopped, restarted(2, 'unhealthy', ill))).at(-1)).toMatchObject({
      status: 'failed',
      error: 'It is not well.',
      result: { is_healthy: false, pool_health: 'critical' },
    });
  });

  it('has a step whose end nobody knows when the remediation is given up, not before', () => {
    const begun = view(stopped, { started: aStarted(2) });
    expect(named(begun)).toEqual(['1 stop_chaos_attack success']);
    const lost = workflowLog({ ...begun, complete: aComplete('unknown', 'its end was never told') });
    expect(lost).toMatchObject([
      { step: 1, action: 'stop_chaos_attack' },
      { step: 2, action: 'restart_target_api', status: 'unknown', error: 'its end was never told' },
    ]);
  });

  it('grows while it runs, and is empty before', () => {
    expect(workflowLog(view())).toEqual([]);
    expect(named(view({ executed: undefined }))).toEqual([]);
    expect(named(view(stopped, { executed: anExecuted(2) }))).toHaveLength(2);
  });
});

describe('the final health', () => {
  it('is that of the last look, and none before the first', () => {
    expect(finalHealth(view(stopped))).toBeNull();
    const last = finalHealth(view(stopped, restarted(2, 'unhealthy', ill), restarted(3, 'healthy')));
    expect(last).toMatchObject({ is_healthy: true, health_status: 'ok', pool_health: 'healthy' });
  });

  it('is not well when the target says so of itself in a container that does not last', () => {
    const lasts = finalHealth(view(stopped, restarted(2, 'unhealthy', wellTarget)));
    expect(lasts).toMatchObject({ is_healthy: false, verdict: 'unhealthy', message: 'It is not well.' });
  });

  it('has nothing to tell of a target that never answered', () => {
    const silent = finalHealth(
      view(stopped, { executed: anExecuted(2), verified: aVerified(2, 'inconclusive') }),
    );
    expect(silent).toMatchObject({ is_healthy: false, health_status: null, pool_health: null });
  });
});
