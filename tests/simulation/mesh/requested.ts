import type { Requested, Resolution } from '#libs/contracts/facts';
import { idFromKey } from '#libs/contracts/ids';
import { fingerprintOf } from '#libs/contracts/json';
import type { Plan, Step } from '#libs/contracts/plan';
import type { Target } from '#libs/contracts/target';
import { toInstant } from '#libs/runtime/instant';
import type { Engine } from '../docker/engine.ts';
import { engineName } from '../nats/server.ts';
import type { Chance } from '../world/chance.ts';
import type { World } from '../world/world.ts';

const targetNamed = (name: string): Target => ({ engine: engineName, kind: 'container', name });
const expected = { restart: 'running', start: 'running', kill: 'exited', stop: 'exited' } as const;
type Action = keyof typeof expected;

function step(n: number, action: Action, name: string, change: Partial<Step> = {}): Step {
  const verify = { state: expected[action], http_health: false, stability_seconds: 1, timeout_seconds: 10 };
  return { n, action, target: targetNamed(name), params: {}, when: 'always', verify, ...change };
}

type Draft = { readonly runbook: string; readonly names: readonly string[]; readonly steps: readonly Step[] };

/** One of the shapes that plans have: one step; two where the second waits for the verdict on the first; two in any case. */
function draft(chance: Chance, first: string, second: string | undefined): Draft {
  const shape = chance.oneOf(['single', 'single', 'single', 'escalation', 'pair']);
  if (second === undefined) return single(chance, first);
  const both = [first, second];
  switch (shape) {
    case 'escalation': {
      const escalated = step(2, 'restart', second, { when: 'if_unhealthy' });
      return { runbook: 'escalation', names: both, steps: [step(1, 'restart', first), escalated] };
    }
    case 'pair': {
      const unverified = step(1, 'restart', first, { verify: null, on_failure: 'go_on' });
      return { runbook: 'pair', names: both, steps: [unverified, step(2, 'restart', second)] };
    }
    default:
      return single(chance, first);
  }
}

function single(chance: Chance, name: string): Draft {
  const action = chance.oneOf<Action>(['restart', 'restart', 'restart', 'stop', 'start', 'kill']);
  return { runbook: action, names: [name], steps: [step(1, action, name)] };
}

/** What a gateway states about the `n`th request of a run. */
export function requestedAs(
  n: number,
  { chance, now }: Pick<World, 'chance' | 'now'>,
  engine: Engine,
  givenTtlMs: number | undefined,
): Requested {
  const names = engine.containers.map(({ name }) => name);
  const [first = '', second] = chance.happens(0.5) ? names : names.toReversed();
  const { runbook, names: concerned, steps } = draft(chance, first, second);
  const isKnown = !chance.happens(0.05);
  const drawnTtlMs = chance.oneOf([8_000, 60_000, 60_000, 60_000]);
  const ttlMs = givenTtlMs ?? drawnTtlMs;
  const targets = concerned.map((name) => ({
    target: targetNamed(name),
    container_id: engine.containers.find((each) => each.name === name)?.id ?? null,
    container_name: name,
    protected_by: null,
  }));
  const resolution: Resolution = isKnown
    ? { status: 'resolved', targets }
    : { status: 'not_found', message: `Container not found: ${first}` };
  const plan: Plan = { runbook, steps: [...steps] };
  const ask = { container: first, action: runbook, params: {}, dry_run: chance.happens(0.1) };
  const at = toInstant(now());
  return {
    type: 'requested',
    remediation_id: idFromKey('agent', `request ${n}`),
    at,
    received_at: at,
    expires_at: toInstant(now() + ttlMs),
    door: 'http',
    endpoint: runbook,
    principal: 'agent',
    fingerprint: fingerprintOf(ask),
    ask,
    engine: engineName,
    resolution,
    plan: isKnown ? plan : null,
  };
}
