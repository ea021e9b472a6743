import type { Acked, Cell, Executor, FactName, Facts, Gateway, Remediation, Safety, State } from './state.ts';

/** The small changes that all steps are made of. */

export function nth<T>(list: readonly T[], at: number): T {
  const found = list[at];
  if (found === undefined) throw new Error(`there is no number ${at}`);
  return found;
}

export function withNth<T>(list: readonly T[], at: number, value: T): readonly T[] {
  return list.map((each, n) => (n === at ? value : each));
}

export function withSafety(state: State, who: number, next: Safety): State {
  return { ...state, safety: withNth(state.safety, who, next) };
}

export function withExecutor(state: State, who: number, next: Executor): State {
  return { ...state, executors: withNth(state.executors, who, next) };
}

export function withGateway(state: State, who: number, next: Gateway): State {
  return { ...state, gateways: withNth(state.gateways, who, next) };
}

export function withRemediation(state: State, id: number, changed: Partial<Remediation>): State {
  const remediation = { ...nth(state.remediations, id), ...changed };
  return { ...state, remediations: withNth(state.remediations, id, remediation) };
}

export function withFact<K extends FactName>(state: State, id: number, fact: K, value: Facts[K]): State {
  return withRemediation(state, id, { facts: { ...nth(state.remediations, id).facts, [fact]: value } });
}

export function withAck(state: State, id: number, message: keyof Acked, acked: boolean): State {
  return withRemediation(state, id, { acked: { ...nth(state.remediations, id).acked, [message]: acked } });
}

/** Writes a cell. Whoever read it before holds an old revision from now on. */
export function withCell(state: State, target: number, changed: Partial<Cell>): State {
  const cells = withNth(state.cells, target, { ...nth(state.cells, target), ...changed });
  const safety = state.safety.map((each): Safety => {
    if (!('seen' in each) || !each.seen.some((seen) => seen.target === target && seen.fresh)) return each;
    const seen = each.seen.map((one) => (one.target === target ? { ...one, fresh: false } : one));
    return { ...each, seen };
  });
  const late = state.late.map((each) =>
    each.fact === 'lease' && each.target === target ? { ...each, fresh: false } : each,
  );
  return { ...state, cells, safety, late };
}

/** Notes what must not happen. */
export function harmed(state: State, harm: string): State {
  return state.harm === null ? { ...state, harm } : state;
}
