import { randomUUID } from 'node:crypto';
import { actionNamed } from '#libs/actions/catalogue';
import type { Bus } from '#libs/bus/bus';
import { stateFact } from '#libs/bus/fact';
import { type Served, serve } from '#libs/bus/rpc';
import type { Cell } from '#libs/contracts/cell';
import { canonicalJson } from '#libs/contracts/json';
import { Problem } from '#libs/contracts/problem';
import { type SafetyAct, safetyActSchema, safetyVerbs } from '#libs/contracts/rpc';
import { rpcSubject, safetyActSubject } from '#libs/contracts/subjects';
import { type Target, targetId } from '#libs/contracts/target';
import { toInstant } from '#libs/runtime/instant';
import { resetters } from './cell.ts';
import { decide } from './decide.ts';
import type { Policy } from './policy.ts';
import type { SafetyState } from './state.ts';
import { statusOf } from './status.ts';
import { lookUp, resolveWhich, type Which } from './which-targets.ts';

/** What people ask of safety. An act is stated before it is done, so that the audit has it whatever dies. */
export function safetyRpc(bus: Bus, state: SafetyState, policy: Policy, engine: string): readonly Served[] {
  const subject = (verb: keyof typeof safetyVerbs): string => rpcSubject('safety', verb);
  const stateAct = async (act: SafetyAct): Promise<void> => {
    await stateFact(bus, safetyActSubject(act.type, randomUUID()), safetyActSchema, act);
  };
  const named = async (which: Which): Promise<Target> => (await resolveWhich(bus, which, engine)).target;
  const isNamed = (which: Which): boolean => which.container !== undefined || which.target !== undefined;

  return [
    serve('status', subject('status'), safetyVerbs.status, async (which) => {
      const targets = isNamed(which) ? [await named(which)] : await state.targets();
      const read = await Promise.all(targets.map((target) => state.readCell(target)));
      const now = bus.clock.now();
      const cells = read.map(({ cell, revision }) => statusOf(cell, revision, policy, now));
      return { control: await state.readControl(), cells };
    }),

    serve('explain', subject('explain'), safetyVerbs.explain, async (request) => {
      const action = actionNamed(request.action);
      if (!action) throw unknownAction(request.action);
      const { target, protected_by } = await lookUp(bus, request, engine);
      const [{ cell }, control] = await Promise.all([state.readCell(target), state.readControl()]);
      const candidate = {
        id: randomUUID(),
        endpoint: request.endpoint ?? request.action,
        principal: request.principal,
        target,
        protectedBy: protected_by,
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
        message: refusal?.message ?? `${request.action} would be approved now`,
        allowed_at: refusal?.allowed_at ?? null,
        gates: [...verdict.gates],
      };
    }),

    serve('reset', subject('reset'), safetyVerbs.reset, async (request) => {
      if (!request.all && !isNamed(request)) {
        throw new Problem('invalid_request', 'Say what to reset: a container, a target, or all: true.', {
          errors: [{ field: 'container', message: 'is missing' }],
        });
      }
      if (request.all && isNamed(request)) {
        throw new Problem('invalid_request', 'Say either which target to reset, or all: true; not both.', {
          errors: [{ field: 'all', message: 'goes without container and target' }],
        });
      }
      const targets = request.all ? await state.targets() : [await named(request)];
      const { actor, reason, parts } = request;
      await stateAct({
        type: 'reset',
        at: toInstant(bus.clock.now()),
        actor,
        reason,
        targets: targets.map(targetId),
        request: { parts },
      });
      const apply = (cell: Cell): Cell => {
        const after = parts.reduce((changed, part) => resetters[part](changed), cell);
        return canonicalJson(after) === canonicalJson(cell) ? cell : after;
      };
      bus.log.warn({ actor, reason, parts, targets: targets.map(targetId) }, 'budgets are reset by a person');
      const reset: { target: string; changed: boolean }[] = [];
      for (const target of targets) {
        reset.push({ target: targetId(target), changed: await state.change(target, apply) });
      }
      return { reset };
    }),

    serve('control', subject('control'), safetyVerbs.control, async (request) => {
      const { actor, reason } = request;
      if (request.kill_switch === undefined && request.maintenance === undefined) {
        throw new Problem(
          'invalid_request',
          'Say what to change: kill_switch ("on" or "off"), or maintenance.',
          {
            errors: [{ field: 'kill_switch', message: 'is missing' }],
          },
        );
      }
      const at = toInstant(bus.clock.now());
      await stateAct({ type: 'control', at, actor, reason, targets: [], request });
      const { kill_switch = 'as it was', maintenance } = request;
      bus.log.warn(
        { actor, reason, kill_switch, windows: maintenance?.length },
        'the controls are changed by a person',
      );
      const control = await state.changeControl((before) => ({
        kill_switch:
          request.kill_switch === undefined
            ? before.kill_switch
            : request.kill_switch === 'off'
              ? null
              : { since: at, until: request.until ?? null, actor, reason },
        maintenance:
          request.maintenance?.map((window) => ({ ...window, actor, reason })) ?? before.maintenance,
      }));
      return { control };
    }),
  ];
}

function unknownAction(name: string): Problem {
  return new Problem('invalid_request', `There is no action "${name}".`, {
    errors: [{ field: 'action', message: 'is not a known action' }],
  });
}
