import type { Bounds } from './bounds.ts';
import type { Rule } from './rules.ts';

/** What comes of the protocol without one of its rules, and how little is needed for it. */
export type Ablation = {
  readonly rule: Rule;
  readonly bounds: Bounds;
  /** The first word of the harm that is found first. */
  readonly harm: string;
};

const pair: Bounds = { remediations: [[0]], safety: 2, executors: 1, faults: {} };
const killed: Bounds = { remediations: [[0]], safety: 1, executors: 2, faults: { crashes: 1 } };
const unheard: Bounds = { remediations: [[0]], safety: 1, executors: 1, faults: { unheard: 1 } };
const written: Bounds = { remediations: [[0]], safety: 1, executors: 1, faults: { renewals: 1 } };
const replaced: Bounds = { remediations: [[0]], safety: 1, executors: 1, faults: { replacements: 1 } };
const swapped: Bounds = {
  remediations: [[0]],
  safety: 1,
  executors: 2,
  faults: { crashes: 1, replacements: 1 },
};
const inbox: Bounds = { remediations: [[0], [0]], safety: 1, executors: 1, throughInbox: true, faults: {} };

export const ablations: readonly Ablation[] = [
  { rule: 'cellsReadFirst', bounds: pair, harm: 'WAITS' },
  { rule: 'ownLeaseResumed', bounds: pair, harm: 'STOP' },
  { rule: 'leaseAtTheRevisionRead', bounds: pair, harm: 'STOP' },
  { rule: 'leaseBeforeVerdict', bounds: pair, harm: 'WAITS' },
  { rule: 'oneSubjectForVerdicts', bounds: pair, harm: 'BOTH' },
  { rule: 'storedVerdictStands', bounds: pair, harm: 'LEFTOVER' },
  { rule: 'lostLeaseReleased', bounds: pair, harm: 'LEFTOVER' },
  { rule: 'factStatedOnce', bounds: pair, harm: 'STOP' },
  { rule: 'ownClaimKnownByNonce', bounds: unheard, harm: 'CLAIM' },
  { rule: 'onlyTheClaimerCalls', bounds: killed, harm: 'TWICE' },
  { rule: 'recoveryNeverCalls', bounds: pair, harm: 'TWICE' },
  { rule: 'withholdingClaimed', bounds: killed, harm: 'LIE' },
  { rule: 'endToldFromTheLog', bounds: killed, harm: 'LOG' },
  { rule: 'fenceBeforeTheCall', bounds: pair, harm: 'LIE' },
  { rule: 'closingBarsTheCall', bounds: pair, harm: 'LIE' },
  { rule: 'fenceByEpoch', bounds: written, harm: 'STOP' },
  { rule: 'decidedAckedAfterFinished', bounds: killed, harm: 'WAITS' },
  { rule: 'closingBeforeReading', bounds: pair, harm: 'LIE' },
  { rule: 'quarantineBeforeUnknown', bounds: pair, harm: 'OVERLAP' },
  { rule: 'unknownFinishCloses', bounds: pair, harm: 'OVERLAP' },
  { rule: 'undecidedEndsAsRefusal', bounds: pair, harm: 'ENDS' },
  { rule: 'refusalIsAnEnd', bounds: pair, harm: 'ENDS' },
  { rule: 'settledFromStoredFact', bounds: pair, harm: 'BUDGET' },
  { rule: 'onlyOwnLeaseSettled', bounds: pair, harm: 'BUDGET' },
  { rule: 'settledAfterDuplicate', bounds: killed, harm: 'WAITS' },
  { rule: 'ackAfterSettling', bounds: killed, harm: 'WAITS' },
  { rule: 'sweepTellsFirst', bounds: killed, harm: 'STUCK' },
  { rule: 'boundActedOn', bounds: replaced, harm: 'STRANGER' },
  { rule: 'nameStillBorne', bounds: replaced, harm: 'AWAY' },
  { rule: 'evidenceOfTheBound', bounds: swapped, harm: 'LIE' },
  { rule: 'verdictOfTheBound', bounds: replaced, harm: 'OTHER' },
  { rule: 'replacedCountsNothing', bounds: replaced, harm: 'BLAME' },
  { rule: 'idsDerived', bounds: inbox, harm: 'IDS' },
];
