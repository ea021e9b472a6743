import type { Bound } from '#libs/contracts/bound';
import type { Requested } from '#libs/contracts/facts';
import { fingerprintOf } from '#libs/contracts/json';
import type { Target } from '#libs/contracts/target';
import { toInstant } from '#libs/runtime/instant';

/** Well-formed facts for tests: each may be changed where a test needs it. */

export function aTarget(name = 'web-app-1'): Target {
  return { engine: 'local', kind: 'container', name };
}

export type RequestedExample = {
  readonly id: string;
  readonly target?: Target;
  readonly now?: number;
  readonly ttlMs?: number;
  readonly dryRun?: boolean;
  readonly endpoint?: string;
  readonly protectedBy?: string | null;
  readonly bound?: Bound;
};

export function aRequested(example: RequestedExample): Requested {
  const {
    id,
    target = aTarget(),
    now = Date.now(),
    ttlMs = 900_000,
    dryRun = false,
    protectedBy = null,
    bound,
  } = example;
  const ask = {
    container: target.name,
    action: 'restart',
    params: {},
    reason: 'High CPU usage detected',
    dry_run: dryRun,
  };
  return {
    type: 'requested',
    remediation_id: id,
    at: toInstant(now),
    received_at: toInstant(now),
    expires_at: toInstant(now + ttlMs),
    door: 'nats',
    endpoint: example.endpoint ?? 'restart',
    principal: 'anonymous',
    fingerprint: fingerprintOf(ask),
    ask,
    engine: target.engine,
    resolution: {
      status: 'resolved',
      targets: [
        { target, container_id: 'a'.repeat(64), container_name: target.name, protected_by: protectedBy },
      ],
    },
    plan: {
      runbook: 'restart',
      steps: [
        {
          n: 1,
          action: 'restart',
          target,
          ...(bound ? { bound } : {}),
          params: {},
          when: 'always',
          verify: { state: 'running', http_health: false, stability_seconds: 1, timeout_seconds: 10 },
        },
      ],
    },
  };
}
