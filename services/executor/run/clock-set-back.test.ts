import { trace } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import { approvedSchema, type Verified, verifiedSchema } from '#libs/contracts/facts';
import { toInstant } from '#libs/runtime/instant';
import { makeMove } from './run-step.ts';
import type { Run } from './running.ts';

const target = { engine: 'local', kind: 'container', name: 'web' } as const;
const verify = { state: 'running', http_health: false, stability_seconds: 1, timeout_seconds: 10 } as const;
const step = { n: 1, action: 'restart', target, params: {}, when: 'always', verify } as const;
const approved = approvedSchema.parse({
  type: 'decided',
  remediation_id: '11111111-1111-4111-8111-111111111111',
  at: toInstant(0),
  verdict: 'approved',
  gates: [],
  grants: [{ target, epoch: 1 }],
  plan: { runbook: 'restart', steps: [step] },
  expires_at: toInstant(60_000),
});
const progress = {
  began_at: toInstant(0),
  stable_since: null,
  started_at: null,
  passes: 0,
  downs: 0,
  breaks: 0,
};
const healthy = JSON.stringify({ verdict: 'healthy', message: '', readings: {}, progress });

it('a verification over which the clock is set back is a fact that everybody can read', async () => {
  let now = 10_000;
  const stated: Verified[] = [];
  const bus = {
    tracer: trace.getTracer('test'),
    clock: { now: () => now },
    ask: async () => {
      now -= 5_000;
      return { string: () => healthy, headers: undefined };
    },
  };
  const journal = { verified: async (fact: Verified) => stated.push(fact) };
  const run = { approved, journal, context: { bus } } as unknown as Run;
  await makeMove(run, { kind: 'verify', step, log: {} });
  expect(verifiedSchema.safeParse(stated[0]).error).toBeUndefined();
});
