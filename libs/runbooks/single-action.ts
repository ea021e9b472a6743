import type { Action } from '#libs/actions/action';
import type { Expectation } from '#libs/contracts/plan';
import type { ScaleWish } from '#libs/contracts/rpc';
import type { Details } from '#libs/contracts/scalars';
import type { ResolvedTarget } from '#libs/contracts/target';
import { expectationOf } from './expectation.ts';
import type { Concern, Runbook, VerificationSettings } from './runbook.ts';

/** The one-step plan that every action is: act, then look. */
export function singleAction(action: Action): Runbook {
  const { name, summary, params } = action;
  return {
    name,
    summary,
    params,
    container: containerOf(action),
    ...(action.on === 'engine'
      ? {
          lacking: (given) => (action.concerns(given) === undefined ? action.lacking : undefined),
          insteadOfContainer: action.insteadOfContainer,
        }
      : {}),
    about: () => name,
    concerns: (container, given) => [concernOf(action, container, given)],
    steps: (targets, given, settings) =>
      targets.slice(0, 1).map((resolved) => ({
        n: 1,
        action: name,
        target: resolved.target,
        params: action.on === 'engine' ? action.aimed(given, resolved) : given,
        when: 'always',
        verify: verification(action, resolved, settings),
      })),
  };
}

function containerOf({ on }: Action): Runbook['container'] {
  switch (on) {
    case 'container':
      return 'named';
    case 'engine':
      return 'optional';
    case 'endpoint':
      return 'implied';
  }
}

function concernOf(action: Action, container: string, params: Details): Concern {
  switch (action.on) {
    case 'container':
      return action.scales ? { container, scale: wishOf(action.scales, params) } : { container };
    case 'endpoint':
      return { kind: 'endpoint', name: action.concerns(params) };
    case 'engine': {
      const scope = action.concerns(params) ?? null;
      if (container !== '') return { container, cleanup: { scope } };
      if (scope === null) throw new RangeError(`${action.name} was asked for without saying where`);
      return { kind: action.kind, name: scope };
    }
  }
}

function wishOf(direction: ScaleWish['direction'], { replicas }: Details): ScaleWish {
  return typeof replicas === 'number' ? { direction, replicas } : { direction };
}

function verification(
  action: Action,
  resolved: ResolvedTarget,
  settings: VerificationSettings,
): Expectation | null {
  if (action.on !== 'container' || action.expects === null) return null;
  const tells = action.expects === 'running' && tellsHealth(resolved, settings.httpHealthOf);
  return expectationOf(action.expects, tells, settings);
}

function tellsHealth(resolved: ResolvedTarget, names: readonly string[]): boolean {
  const composeService = resolved.target.kind === 'compose' ? resolved.target.name.split('/')[1] : undefined;
  return names.some((name) => name === resolved.container_name || name === composeService);
}
