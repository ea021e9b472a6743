import type { Bus } from '#libs/bus/bus';
import { callRpc } from '#libs/bus/rpc';
import { Problem } from '#libs/contracts/problem';
import { executorVerbs, type ScaleWish } from '#libs/contracts/rpc';
import { executorRpcSubject } from '#libs/contracts/subjects';
import {
  composeServiceOf,
  parseTargetId,
  type ResolvedTarget,
  type Target,
  targetId,
} from '#libs/contracts/target';

const resolveTimeoutMs = 5_000;
const kindsOfEngine: readonly string[] = ['container', 'compose', 'swarm'];

export type Which = {
  readonly container?: string | undefined;
  readonly target?: string | undefined;
  readonly engine?: string | undefined;
  /** What is meant is the service of the container, where it has one. */
  readonly scale?: ScaleWish;
};

export function isNamed({ container, target }: Which): boolean {
  return container !== undefined || target !== undefined;
}

/** The target that a person means: by canonical name, which needs nobody, or by container, which asks the executor. */
export async function resolveWhich(bus: Bus, which: Which, defaultEngine: string): Promise<ResolvedTarget> {
  if (which.target !== undefined) return unseen(canonical(which.target));
  if (which.container === undefined) {
    throw new Problem('invalid_request', 'Name a container, or a target as engine/kind/name.', {
      errors: [{ field: 'container', message: 'is missing' }],
    });
  }
  const subject = executorRpcSubject(which.engine ?? defaultEngine, 'resolve');
  const found = await callRpc(
    bus,
    subject,
    executorVerbs.resolve,
    { container: which.container, ...(which.scale ? { scale: which.scale } : {}) },
    { timeoutMs: resolveTimeoutMs },
  );
  if (found.status === 'resolved') return found.resolved;
  if (found.status === 'ambiguous') {
    throw new Problem('ambiguous_target', found.message, { extras: { candidates: found.candidates } });
  }
  throw new Problem('container_not_found', found.message);
}

/** Does the engine's executor know targets of this kind? Others are nothing but their name. */
export function isOfEngine({ kind }: Target): boolean {
  return kindsOfEngine.includes(kind);
}

/** Like `resolveWhich`, but as the engine sees the target now, protection included: asks the executor where it knows. */
export async function lookUp(bus: Bus, which: Which, defaultEngine: string): Promise<ResolvedTarget> {
  if (which.target === undefined) return resolveWhich(bus, which, defaultEngine);
  const named = canonical(which.target);
  const target = (which.scale && composeServiceOf(named)) ?? named;
  if (!isOfEngine(target)) return unseen(target);
  const subject = executorRpcSubject(target.engine, 'targets');
  const { targets } = await callRpc(bus, subject, executorVerbs.targets, {}, { timeoutMs: resolveTimeoutMs });
  const isMeant = (each: Target | undefined) => each !== undefined && targetId(each) === targetId(target);
  const found = targets.find((each) => isMeant(each.target) || isMeant(composeServiceOf(each.target)));
  if (!found) throw new Problem('container_not_found', `There is no ${which.target} on its engine.`);
  const { state: _state, image: _image, ...resolved } = found;
  return { ...resolved, target };
}

function canonical(text: string): Target {
  const target = parseTargetId(text);
  if (target) return target;
  throw new Problem(
    'invalid_request',
    'A target is written engine/kind/name, for example local/container/web-app-1.',
    {
      errors: [{ field: 'target', message: 'is not engine/kind/name' }],
    },
  );
}

function unseen(target: Target): ResolvedTarget {
  return { target, container_id: null, container_name: target.name, protected_by: null };
}
