/** The mesh in so few words that all its states can be visited. Nothing is ever changed in place. */

/**
 * How a step or a remediation ended. `expired`: nothing was done. `replaced`: the name of what was acted upon is
 * another container's by now.
 */
export type Outcome = 'recovered' | 'unknown' | 'expired' | 'replaced';

/** A container of the engine, by its number. A name may come to stand for another one, a number never. */
export type ContainerId = 1 | 2;
export type Resolved = ContainerId | 'nobody';

/** `grants`: the epochs, as which grant of this remediation each lease is, in the order of its targets. */
export type Decided =
  | { readonly verdict: 'approved'; readonly grants: readonly number[] }
  | { readonly verdict: 'refused' };

/** Intent of a step. `nonce`: of the run that claimed it; 0 once no run and no message knows of it any more. */
export type Claim = { readonly nonce: number; readonly withheld: boolean };

/** What stands in the stream about one remediation; null: nothing. */
export type Facts = {
  /** The container that its name was resolved to. */
  readonly requested: Resolved | null;
  readonly decided: Decided | null;
  /** Refusals, when verdicts have a subject each. */
  readonly refused: Decided | null;
  readonly started: Claim | null;
  readonly executed: Outcome | null;
  readonly finished: Outcome | null;
  readonly complete: Outcome | null;
};
export type FactName = keyof Facts;

/** Deliveries that safety and the executor acknowledge. */
export type Acked = { readonly requested: boolean; readonly decided: boolean; readonly finished: boolean };

export type Remediation = {
  readonly facts: Facts;
  readonly acked: Acked;
  /** Live subscribers have heard of its end. */
  readonly told: boolean;
  /** Calls that the engine has accepted and not carried out yet, effects on the patient, and calls that found it gone. */
  readonly calls: number;
  readonly effects: number;
  readonly misses: number;
};

/** `grant`: which grant of this remediation it is, so that only epochs of one remediation are ever compared. */
export type Lease = {
  readonly id: number;
  readonly grant: number;
  readonly closing: boolean;
  /** The cell was written since, by a renewal. Only told apart when the fence compares revisions. */
  readonly renewed: boolean;
};

/** `granted`, `attempts`, `rests`: by remediation. */
export type Cell = {
  readonly lease: Lease | null;
  readonly granted: readonly number[];
  readonly attempts: readonly number[];
  readonly rests: readonly number[];
};

/** What the name of a target stands for now, and who was removed. */
export type Name = { readonly holder: ContainerId | null; readonly gone: readonly ContainerId[] };

/** A cell as it was read. `fresh`: nobody wrote it since, which is all that a revision is good for. */
export type Seen = {
  readonly target: number;
  readonly fresh: boolean;
  readonly lease: 'free' | 'mine' | 'closing' | 'other';
  readonly grant: number;
};

/** Why safety does what it does: a message that wants to be acknowledged, or a look at old leases. */
export type Errand = 'requested' | 'finished' | 'sweep';

export type Safety =
  | { readonly at: 'idle' }
  | { readonly at: 'reading' | 'looking' | 'granting'; readonly id: number; readonly seen: readonly Seen[] }
  | { readonly at: 'approving'; readonly id: number; readonly grants: readonly number[] }
  | { readonly at: 'refusing'; readonly id: number; readonly errand: Errand }
  | {
      readonly at: 'releasing' | 'closing';
      readonly id: number;
      readonly errand: Errand;
      readonly next: number;
    }
  | { readonly at: 'examining'; readonly id: number }
  | { readonly at: 'completing'; readonly id: number; readonly errand: Errand; readonly outcome: Outcome }
  | {
      readonly at: 'settling';
      readonly id: number;
      readonly errand: Errand;
      readonly outcome: Outcome;
      readonly next: number;
    }
  | { readonly at: 'telling'; readonly id: number; readonly errand: Errand; readonly outcome: Outcome | null }
  | { readonly at: 'acking'; readonly id: number; readonly errand: Errand };

export type Executor =
  | { readonly at: 'idle' }
  | { readonly at: 'claiming'; readonly id: number; readonly nonce: number; readonly withheld: boolean }
  | { readonly at: 'looking' | 'calling' | 'observing' | 'withholding'; readonly id: number }
  | { readonly at: 'finishing'; readonly id: number; readonly outcome: Outcome };

export type Gateway =
  | { readonly at: 'idle' }
  | { readonly at: 'requesting'; readonly id: number; readonly resolved: Resolved }
  | { readonly at: 'acking'; readonly id: number };

/** What was sent and not answered: it may arrive later, or never. */
export type Late =
  | {
      [K in FactName]: { readonly id: number; readonly fact: K; readonly value: NonNullable<Facts[K]> };
    }[FactName]
  | { readonly id: number; readonly fact: 'lease'; readonly target: number; readonly fresh: boolean };

/** What may still go wrong. */
export type Faults = {
  readonly crashes: number;
  /** Publishes and compare-and-sets whose answer does not come. */
  readonly unheard: number;
  readonly lostAcks: number;
  /** Writes to a cell by others: renewals, resets, requests that are counted. */
  readonly renewals: number;
  /** Times that a name comes to stand for another container, or for none. */
  readonly replacements: number;
};

export type State = {
  readonly remediations: readonly Remediation[];
  readonly cells: readonly Cell[];
  /** By target, as the cells are. */
  readonly names: readonly Name[];
  readonly safety: readonly Safety[];
  readonly executors: readonly Executor[];
  readonly gateways: readonly Gateway[];
  /** A message waits in the inbox. */
  readonly inbox: boolean;
  readonly late: readonly Late[];
  readonly faults: Faults;
  /** What must not happen, and did in the last step. */
  readonly harm: string | null;
};
