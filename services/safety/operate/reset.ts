import type { Bus } from '#libs/bus/bus';
import { type Served, serve } from '#libs/bus/rpc';
import type { ActRecord } from '#libs/contracts/act-record';
import type { Cell } from '#libs/contracts/cell';
import { canonicalJson } from '#libs/contracts/json';
import { Problem } from '#libs/contracts/problem';
import { safetyVerbs } from '#libs/contracts/rpc';
import type { Details } from '#libs/contracts/scalars';
import { rpcSubject } from '#libs/contracts/subjects';
import { type Target, targetId } from '#libs/contracts/target';
import { resetters } from '../cell.ts';
import type { SafetyState } from '../state.ts';
import { isNamed, resolveWhich, type Which } from '../which-targets.ts';
import { type ActDesk, carryOut } from './carry-out.ts';

type ResetPart = keyof typeof resetters;

const atOnce = 64;
const { request: requestSchema, reply: replySchema } = safetyVerbs.reset;

/** Sets budgets back by the word of a person. */
export function resetVerb(desk: ActDesk, state: SafetyState, engine: string): Served {
  return serve('reset', rpcSubject('safety', 'reset'), safetyVerbs.reset, async (request) => {
    checkScope(request);
    const targets = async (): Promise<readonly Target[]> =>
      request.all ? state.targets() : [(await resolveWhich(desk.bus, request, engine)).target];
    return replySchema.parse(await carryOut(desk, { verb: 'reset', request, targets }));
  });
}

/** Resets the targets of a record. Done again it resets what has come up since, so that is only for what was cut short. */
export async function applyReset(bus: Bus, state: SafetyState, record: ActRecord) {
  const { actor, reason, request, targets } = record;
  const parts = partsOf(request);
  bus.log.warn({ actor, reason, parts, targets: targets.map(targetId) }, 'budgets are reset by a person');
  const resetOne = async (target: Target) => ({
    target: targetId(target),
    changed: await state.change(target, (cell) => withReset(cell, parts)),
  });
  const reset: Awaited<ReturnType<typeof resetOne>>[] = [];
  for (let from = 0; from < targets.length; from += atOnce) {
    reset.push(...(await Promise.all(targets.slice(from, from + atOnce).map(resetOne))));
  }
  return { reset };
}

/** What a person wanted to be reset, as its record and its fact have it. */
export function partsOf(request: Details): readonly ResetPart[] {
  return requestSchema.shape.parts.parse(request.parts);
}

/** The cell itself when nothing of it changes. */
export function withReset(cell: Cell, parts: readonly ResetPart[]): Cell {
  const after = parts.reduce((changed, part) => resetters[part](changed), cell);
  return canonicalJson(after) === canonicalJson(cell) ? cell : after;
}

function checkScope(request: Which & { readonly all: boolean }): void {
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
}
