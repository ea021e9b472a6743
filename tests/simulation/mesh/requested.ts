import type { Bound } from '#libs/contracts/bound';
import type { Requested, Resolution } from '#libs/contracts/facts';
import { idFromKey } from '#libs/contracts/ids';
import { fingerprintOf } from '#libs/contracts/json';
import type { Step } from '#libs/contracts/plan';
import type { ResolvedTarget } from '#libs/contracts/target';
import { toInstant } from '#libs/runtime/instant';
import type { Container, Place } from '../docker/containers.ts';
import type { Engine } from '../docker/engine.ts';
import { engineName } from '../nats/server.ts';
import type { Chance } from '../world/chance.ts';
import type { World } from '../world/world.ts';

const expected = { restart: 'running', start: 'running', kill: 'exited', stop: 'exited' } as const;
type Action = keyof typeof expected;

function step(n: number, action: Action, { target }: Place, change: Partial<Step> = {}): Step {
  const verify = { state: expected[action], http_health: false, stability_seconds: 1, timeout_seconds: 10 };
  return { n, action, target, params: {}, when: 'always', verify, ...change };
}

type Draft = { readonly runbook: string; readonly places: readonly Place[]; readonly steps: readonly Step[] };

/** One of the shapes that plans have: one step; two where the second waits for the verdict on the first; two in any case. */
function draft(chance: Chance, first: Place, second: Place | undefined): Draft {
  const shape = chance.oneOf(['single', 'single', 'single', 'escalation', 'pair']);
  if (second === undefined) return single(chance, first);
  const both = [first, second];
  switch (shape) {
    case 'escalation': {
      const escalated = step(2, 'restart', second, { when: 'if_unhealthy' });
      return { runbook: 'escalation', places: both, steps: [step(1, 'restart', first), escalated] };
    }
    case 'pair': {
      const unverified = step(1, 'restart', first, { verify: null, on_failure: 'go_on' });
      return { runbook: 'pair', places: both, steps: [unverified, step(2, 'restart', second)] };
    }
    default:
      return single(chance, first);
  }
}

function single(chance: Chance, place: Place): Draft {
  const action = chance.oneOf<Action>(['restart', 'restart', 'restart', 'stop', 'start', 'kill']);
  return { runbook: action, places: [place], steps: [step(1, action, place)] };
}

const onlyOne = ([first, ...more]: readonly Container[]) => (more.length > 0 ? undefined : first?.id);
const boundTo = (id: string | undefined): Bound => ({ containers: id === undefined ? [] : [id] });

function resolvedTo({
  target,
  name,
  id,
}: Pick<Place, 'target' | 'name'> & { id: string | undefined }): ResolvedTarget {
  return { target, container_id: id ?? null, container_name: name, protected_by: null, bound: boundTo(id) };
}

/** What a gateway states about the `n`th request of a run. */
export function requestedAs(
  n: number,
  { chance, now }: Pick<World, 'chance' | 'now'>,
  engine: Engine,
  givenTtlMs: number | undefined,
): Requested {
  const [first, second] = chance.happens(0.5) ? engine.places : engine.places.toReversed();
  if (!first) throw new Error('a run has one place at least');
  const { runbook, places, steps } = draft(chance, first, second);
  const isUnknown = chance.happens(0.05);
  const drawnTtlMs = chance.oneOf([8_000, 60_000, 60_000, 60_000]);
  const ttlMs = givenTtlMs ?? drawnTtlMs;
  const found = places.map(({ target, name }) => ({ target, name, id: onlyOne(engine.claimantsOf(target)) }));
  const ids = new Map(found.map(({ target, id }) => [target, id]));
  const isKnown = !isUnknown && found.every(({ id }) => id !== undefined);
  const resolution: Resolution = isKnown
    ? { status: 'resolved', targets: found.map(resolvedTo) }
    : { status: 'not_found', message: `Container not found: ${first.name}` };
  const plan = { runbook, steps: steps.map((each) => ({ ...each, bound: boundTo(ids.get(each.target)) })) };
  const ask = { container: first.name, action: runbook, params: {}, dry_run: chance.happens(0.1) };
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
