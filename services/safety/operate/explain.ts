import { randomUUID } from 'node:crypto';
import type { Action } from '#libs/actions/action';
import { actionNamed, actions } from '#libs/actions/catalogue';
import type { Bus } from '#libs/bus/bus';
import { type Served, serve } from '#libs/bus/rpc';
import { Problem } from '#libs/contracts/problem';
import { safetyVerbs } from '#libs/contracts/rpc';
import { rpcSubject } from '#libs/contracts/subjects';
import { type Target, targetId } from '#libs/contracts/target';
import { decide } from '../decide.ts';
import type { Policy } from '../policy.ts';
import type { SafetyState } from '../state.ts';
import { isOfEngine, lookUp } from '../which-targets.ts';

/** What would be decided on an action now. Changes nothing. */
export function explainVerb(bus: Bus, state: SafetyState, policy: Policy, engine: string): Served {
  return serve('explain', rpcSubject('safety', 'explain'), safetyVerbs.explain, async (request) => {
    const action = knownAction(request.action);
    const direction = action.on === 'container' ? action.scales : undefined;
    const asked = direction ? { ...request, scale: { direction } } : request;
    const { target, protected_by, limits } = await lookUp(bus, asked, engine);
    refuseMisfit(action, target);
    const [{ cell }, control] = await Promise.all([state.readCell(target), state.readControl()]);
    const candidate = {
      id: randomUUID(),
      endpoint: request.endpoint ?? action.name,
      principal: request.principal,
      target,
      protectedBy: protected_by,
      limits,
      actions: [action.name],
      confidence: undefined,
      override: [],
      diagnostic: action.diagnostic,
      undoes: action.undoes,
    };
    const verdict = decide([{ candidate, cell }], control, policy, bus.clock.now());
    const refusal = verdict.kind === 'refuse' ? verdict.refusal : undefined;
    return {
      target: targetId(target),
      would_be: refusal ? ('refused' as const) : ('approved' as const),
      ...(refusal ? { reason: refusal.reason } : {}),
      message: refusal?.message ?? `${action.name} would be approved now`,
      allowed_at: refusal?.allowed_at ?? null,
      gates: [...verdict.gates],
    };
  });
}

function knownAction(name: string): Action {
  const action = actionNamed(name);
  if (action) return action;
  const names = actions.map((each) => each.name).join(', ');
  throw new Problem('invalid_request', `There is no action "${name}"; there are: ${names}.`, {
    errors: [{ field: 'action', message: `is no action; there are: ${names}` }],
  });
}

function refuseMisfit({ name, on }: Action, target: Target): void {
  if ((on === 'container') === isOfEngine(target)) return;
  const remedy = on === 'container' ? 'name the action that is meant' : 'give its canonical target';
  throw new Problem('invalid_request', `The action ${name} does not act on ${targetId(target)}: ${remedy}.`, {
    errors: [{ field: 'action', message: `does not act on a target of the kind ${target.kind}` }],
  });
}
