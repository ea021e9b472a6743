import { expect, it } from 'vitest';
import type { Decided } from '#libs/contracts/facts';
import { aRateGate, aWorkflow } from '#libs/testing/workflow-example';
import { rateLimitHeaders } from './rate-limit.ts';
import type { RemediationView } from './view.ts';

const requested = aWorkflow();
const head = { type: 'decided', remediation_id: requested.remediation_id, at: requested.at } as const;
const refused = (...gates: Decided['gates']): RemediationView => ({
  requested,
  steps: [],
  decided: { ...head, verdict: 'refused', outcome: 'rejected', gates, reason: 'busy', message: '' },
});
const leftOf = (view: RemediationView) => rateLimitHeaders(view).ratelimit;

it('names the policy and what is left of it, this request counted', () => {
  expect(rateLimitHeaders(refused(aRateGate({ count: 1 })))).toEqual({
    'ratelimit-policy': '"remediate-db-pool-exhaustion";q=5;w=60',
    ratelimit: '"remediate-db-pool-exhaustion";r=3;t=17',
  });
});

it('counts no dry run, and never goes below nothing', () => {
  const view = refused(aRateGate({ count: 1 }));
  const dry = { ...requested, ask: { ...requested.ask, dry_run: true } };
  expect(leftOf({ ...view, requested: dry })).toContain('r=4');
  expect(leftOf(refused(aRateGate({ count: 5, pass: false })))).toContain('r=0');
  // A limit that an admin overrode.
  expect(leftOf(refused(aRateGate({ count: 5 })))).toContain('r=0');
});

it('speaks of the target with the least left when there are several', () => {
  expect(
    leftOf(refused(aRateGate({ count: 1 }), aRateGate({ count: 3 }), aRateGate({ count: 0 }))),
  ).toContain('r=1');
});

it('says nothing where nothing was counted', () => {
  expect(rateLimitHeaders({ requested, steps: [] })).toEqual({});
  expect(rateLimitHeaders(refused())).toEqual({});
});
