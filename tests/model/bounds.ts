import type { Cell, Facts, Faults, Gateway, Remediation, State } from './state.ts';

/** How large a mesh is explored. */
export type Bounds = {
  /** For each remediation its targets, in the order in which leases are taken. The first is acted upon. */
  readonly remediations: readonly (readonly number[])[];
  readonly safety: number;
  readonly executors: number;
  /** The requests come through the inbox, as one message, and not straight from a caller. */
  readonly throughInbox?: boolean;
  readonly faults: Partial<Faults>;
};

const nothing: Facts = {
  requested: null,
  decided: null,
  refused: null,
  started: null,
  executed: null,
  finished: null,
  complete: null,
};

export function initial({ remediations, safety, executors, throughInbox = false, faults }: Bounds): State {
  const none = remediations.map(() => 0);
  const cell: Cell = { lease: null, granted: none, attempts: none, rests: none };
  const remediation: Remediation = {
    facts: { ...nothing, requested: throughInbox ? null : 1 },
    acked: { requested: false, decided: false, finished: false },
    told: false,
    calls: 0,
    effects: 0,
    misses: 0,
  };
  const idle = { at: 'idle' } as const;
  const cells = Array.from({ length: Math.max(...remediations.flat()) + 1 }, () => cell);
  return {
    remediations: remediations.map(() => remediation),
    cells,
    names: cells.map(() => ({ holder: 1, gone: [] })),
    safety: Array.from({ length: safety }, () => idle),
    executors: Array.from({ length: executors }, () => idle),
    gateways: throughInbox ? Array.from({ length: 2 }, (): Gateway => idle) : [],
    inbox: throughInbox,
    late: [],
    faults: { crashes: 0, unheard: 0, lostAcks: 0, renewals: 0, replacements: 0, ...faults },
    harm: null,
  };
}
