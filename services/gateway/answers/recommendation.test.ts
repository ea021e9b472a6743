import { describe, expect, it } from 'vitest';
import type { Complete, Refusal } from '#libs/contracts/facts';
import { isProblemCode, problems } from '#libs/contracts/problem';
import {
  aComplete,
  anExecuted,
  aPreviewed,
  aVerified,
  aWorkflow,
  wellTarget,
} from '#libs/testing/workflow-example';
import { recommendationFor, recommendationOf } from './recommendation.ts';
import type { RemediationView, StepView } from './view.ts';

const api = { executed: anExecuted(2), verified: aVerified(2, 'unhealthy', wellTarget) };
const database = { executed: anExecuted(3), verified: aVerified(3, 'healthy', wellTarget) };
const noDatabase = { executed: anExecuted(3, { status: 'skipped' }) };

function ended(outcome: Complete['outcome'], steps: readonly StepView[], params = {}): RemediationView {
  return { requested: aWorkflow(params), steps, complete: aComplete(outcome, 'no space left') };
}
const adviceAfter = (
  outcome: Complete['outcome'],
  steps: readonly StepView[] = [{}, api, noDatabase],
  params = {},
) => recommendationOf(ended(outcome, steps, params));

describe('what to do after the workflow', () => {
  it('is nothing when the system recovered, and it says by what', () => {
    const healed = { ...api, verified: aVerified(2, 'healthy', wellTarget) };
    expect(adviceAfter('recovered', [{}, healed])).toBe(
      '✅ System recovered successfully. Pool health restored.',
    );
    expect(adviceAfter('recovered', [{}, api, database])).toContain('after the database was restarted');
  });

  it('does not speak of a pool that the target does not tell of', () => {
    const verified = aVerified(2, 'healthy', { ...wellTarget, pool_health: null });
    expect(adviceAfter('recovered', [{}, { ...api, verified }])).not.toContain('Pool');
  });

  it('warns of an attack of which nobody knows that it was stopped', () => {
    const healed = { ...api, verified: aVerified(2, 'healthy', wellTarget) };
    const error = { code: 'endpoint_unavailable', message: 'it did not answer' };
    for (const status of ['failed', 'unknown'] as const) {
      const advice = adviceAfter('recovered', [{ executed: anExecuted(1, { status, error }) }, healed]);
      expect(advice).toMatch(/^✅ System recovered.*it may fall ill again: it did not answer\.$/);
    }
    for (const status of ['success', 'skipped'] as const) {
      const advice = adviceAfter('recovered', [{ executed: anExecuted(1, { status }) }, healed]);
      expect(advice).not.toContain('attack');
    }
  });

  it('is to escalate when that was not allowed, and a person when it did not help', () => {
    expect(adviceAfter('ineffective')).toContain('escalate_to_db_restart=true');
    const escalating = { escalate_to_db_restart: true };
    expect(adviceAfter('ineffective', [{}, api, database], escalating)).toContain('A person is needed');
    expect(adviceAfter('ineffective', [{}, api], escalating)).not.toContain('escalate_to_db_restart');
  });

  it('says what went wrong, and warns of what nobody knows', () => {
    expect(adviceAfter('failed')).toBe(
      '⚠️ no space left. Mend the cause, then ask again, with a new Idempotency-Key if you send one.',
    );
    expect(adviceAfter('inconclusive')).toContain('could not be told');
    expect(adviceAfter('unknown')).toContain('Look at the containers before asking again');
  });

  it('is to look again while it runs', () => {
    expect(recommendationOf({ requested: aWorkflow(), steps: [] })).toContain('still under way');
  });

  it('of a dry run is to ask again, unless it would be refused', () => {
    const of = (refusal?: Refusal) =>
      recommendationOf({ requested: aWorkflow(), steps: [], decided: aPreviewed(refusal) });
    expect(of()).toContain('ask again without dry_run, with a new Idempotency-Key');
    const refused = of({ reason: 'busy', message: 'somebody heals it' });
    expect(refused).toContain('it would be refused: somebody heals it.');
    expect(refused).not.toContain('carry it out');
  });
});

describe('what to do about a problem', () => {
  it('is said for every one there is, with when to ask again where that is known', () => {
    for (const code of Object.keys(problems).filter(isProblemCode)) {
      expect(recommendationFor(code, 7)).toMatch(/^(⚠️ )?[A-Z].*\.$/);
    }
    for (const code of ['cooldown_active', 'back_off_active', 'rate_limited'] as const) {
      expect(recommendationFor(code, 7)).toContain('in 7 s, with a new Idempotency-Key');
      expect(recommendationFor(code, undefined)).not.toContain('undefined');
    }
  });

  it('is a new key where the old one would have the old answer', () => {
    const refusals = ['kill_switch', 'busy', 'circuit_breaker_open', 'container_not_found'] as const;
    for (const code of [...refusals, 'idempotency_key_reused'] as const) {
      expect(recommendationFor(code, undefined)).toContain('with a new Idempotency-Key');
    }
  });

  it('never claims that nothing was done where that is not known', () => {
    for (const code of ['nats_unavailable', 'service_unavailable', 'internal'] as const) {
      expect(recommendationFor(code, 5)).toMatch(
        /^Nothing is known to have been done.*the same Idempotency-Key/,
      );
    }
  });
});
