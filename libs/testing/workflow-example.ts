import type {
  Complete,
  Decided,
  Executed,
  Previewed,
  Refusal,
  Requested,
  Started,
  Verified,
} from '#libs/contracts/facts';
import type { TargetHealth } from '#libs/contracts/rpc';
import type { Details } from '#libs/contracts/scalars';
import type { Target } from '#libs/contracts/target';
import { toInstant } from '#libs/runtime/instant';
import { aRequested, aTarget } from './examples.ts';

/** Well-formed facts about one run of the workflow of the Action Server, for tests of what is answered of it. */

const id = '00000000-0000-4000-8000-000000000001';
const at = toInstant(0);
const chaosTarget: Target = { engine: 'local', kind: 'endpoint', name: 'chaos/abc-123' };

/** Stop the attack, restart the API, restart the database if that did not help. */
export function aWorkflow(params: Details = { escalate_to_db_restart: true }): Requested {
  const requested = aRequested({
    id,
    target: aTarget('target_server_api'),
    now: 0,
    endpoint: 'remediate-db-pool-exhaustion',
  });
  const [restart] = requested.plan?.steps ?? [];
  if (!restart) throw new Error('the example has a step');
  const stop = {
    action: 'stop-chaos-attack',
    target: chaosTarget,
    verify: null,
    on_failure: 'go_on',
  } as const;
  const database = { n: 3, target: aTarget('target_server_db'), when: 'if_unhealthy' } as const;
  return {
    ...requested,
    ask: { ...requested.ask, action: 'remediate-db-pool-exhaustion', params },
    plan: {
      runbook: 'remediate-db-pool-exhaustion',
      steps: [
        { ...restart, ...stop, n: 1 },
        { ...restart, n: 2 },
        { ...restart, ...database },
      ],
    },
  };
}

export function anExecuted(n: number, change: Partial<Executed> = {}): Executed {
  const action = n === 1 ? 'stop-chaos-attack' : 'restart';
  const result = n === 1 ? { status: 'cancelling' } : { details: 'Container restarted' };
  return {
    ...{ type: 'executed', remediation_id: id, at, n, action, status: 'success', reached_docker: true },
    ...{ observed: false, result, duration_ms: 1, ...change },
  };
}

export function aStarted(n: number): Started {
  const action = n === 1 ? 'stop-chaos-attack' : 'restart';
  const target = n === 1 ? chaosTarget : aTarget(n === 2 ? 'target_server_api' : 'target_server_db');
  return {
    ...{ type: 'started', remediation_id: id, at, n, action, target },
    ...{ evidence: {}, settle_seconds: 1, calls: [] },
  };
}

export function aComplete(outcome: Complete['outcome'], message = 'as it went'): Complete {
  const effect = { reached_docker: true, execution_log: [], targets: [] };
  return { type: 'complete', remediation_id: id, at, outcome, message, ...effect };
}

export const wellTarget: TargetHealth = {
  is_healthy: true,
  verdict: 'healthy',
  health_status: 'ok',
  database_status: 'healthy',
  pool_health: 'healthy',
  pool_utilization: 42,
  error_rate_percent: 1.2,
  avg_response_time_ms: 12.5,
  details: {},
};

export function aVerified(n: number, verdict: Verified['verdict'], http?: TargetHealth): Verified {
  const readings = http ? { http: { is: 'answered', health: http } } : {};
  const message = verdict === 'healthy' ? 'It is well.' : 'It is not well.';
  return { type: 'verified', remediation_id: id, at, n, verdict, message, readings, duration_ms: 1 };
}

/** A dry run of it: it would be approved, unless there is a refusal. */
export function aPreviewed(refusal?: Refusal): Previewed {
  return {
    ...{ type: 'decided', remediation_id: id, at, verdict: 'dry_run', outcome: 'dry_run', gates: [] },
    ...{ would_be: refusal ? 'refused' : 'approved', preview: { steps: [] } },
    ...(refusal ? { refusal } : {}),
  };
}

type Gates = Decided['gates'];
/** A verdict on it, with the word of the gate `rate` alone. */
export function aRateGate(numbers: { readonly count: number; readonly pass?: boolean }): Gates[number] {
  const { count, pass = true } = numbers;
  const told = { count, limit: 5, window_seconds: 60, reset_seconds: 17 };
  return { gate: 'rate', pass, message: '', numbers: told };
}
