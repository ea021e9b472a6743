import type { Action } from '#libs/actions/action';
import type { Expectation } from '#libs/contracts/plan';
import type { ResolvedTarget } from '#libs/contracts/target';
import type { Runbook, VerificationSettings } from './runbook.ts';

/** The one-step plan that every action is: act, then look. */
export function singleAction(action: Action): Runbook {
  return {
    name: action.name,
    summary: action.summary,
    steps: (targets, params, settings) =>
      targets.slice(0, 1).map((resolved) => ({
        n: 1,
        action: action.name,
        target: resolved.target,
        params,
        when: 'always',
        verify: expectationOf(action, resolved, settings),
      })),
  };
}

function expectationOf(
  action: Action,
  resolved: ResolvedTarget,
  settings: VerificationSettings,
): Expectation | null {
  if (action.expects === null) return null;
  return {
    state: action.expects,
    http_health: action.expects === 'running' && tellsHealth(resolved, settings.httpHealthOf),
    stability_seconds: settings.stabilitySeconds,
    timeout_seconds: settings.timeoutSeconds,
  };
}

function tellsHealth(resolved: ResolvedTarget, names: readonly string[]): boolean {
  const composeService = resolved.target.kind === 'compose' ? resolved.target.name.split('/')[1] : undefined;
  return names.some((name) => name === resolved.container_name || name === composeService);
}
