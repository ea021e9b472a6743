/**
 * The rules of the protocol around a decision, each with the code that keeps it. A model without one of them has to
 * come to grief: a rule whose absence harms nobody is none.
 */
export const rules = {
  /** services/safety/admit.ts: the cells are read before `decided` and `complete`, never after. */
  cellsReadFirst: true,
  /** services/safety/admit.ts: a lease that is there already is the verdict of whoever took it; it is not taken again. */
  ownLeaseResumed: true,
  /** services/safety/admit.ts, takeLeases: a lease is stored at the revision that was decided on. */
  leaseAtTheRevisionRead: true,
  /** services/safety/admit.ts: no verdict is stated before its leases are held. */
  leaseBeforeVerdict: true,
  /** libs/contracts/subjects.ts, decidedSubject: approved and refused exclude each other by one subject. */
  oneSubjectForVerdicts: true,
  /** services/safety/state-verdict.ts: after a duplicate the verdict that stands counts, not the own one. */
  storedVerdictStands: true,
  /** services/safety/state-verdict.ts, concludeWith: leases that were taken for an approval that lost are given back. */
  lostLeaseReleased: true,
  /** libs/bus/fact.ts: nothing is published where a fact stands. */
  factStatedOnce: true,
  /** services/executor/run/journal.ts: a duplicate that carries this run's nonce is its own claim. */
  ownClaimKnownByNonce: true,
  /** services/executor/run/run-step.ts, begin: who finds that another one claimed the step makes no call. */
  onlyTheClaimerCalls: true,
  /** services/executor/run/observe.ts: whoever comes to a step that was begun looks, and calls nothing. */
  recoveryNeverCalls: true,
  /** services/executor/run/run-step.ts: also that a step is not carried out is claimed before it is stated. */
  withholdingClaimed: true,
  /** services/executor/run/run-plan.ts: the end is told from what stands about the steps. */
  endToldFromTheLog: true,
  /** services/executor/run/fence.ts: the leases are looked at immediately before the call. */
  fenceBeforeTheCall: true,
  /** services/executor/run/fence.ts, isHeld: a lease that is closing does not cover a call. */
  closingBarsTheCall: true,
  /** services/executor/run/fence.ts, isHeld: what is compared is the epoch, not the revision of the cell. */
  fenceByEpoch: true,
  /** services/executor/decided.ts: the decision is acknowledged when `finished` stands, not when it is taken up. */
  decidedAckedAfterFinished: true,
  /** services/safety/ending.ts, close: the lease is closing before it is read what was started under it. */
  closingBeforeReading: true,
  /** services/safety/closing.ts, closingStep: nothing is said of a call without an end before the quarantine is over. */
  quarantineBeforeUnknown: true,
  /** services/safety/ending.ts, finish: an executor that does not know either takes the same road. */
  unknownFinishCloses: true,
  /** services/safety/ending.ts, close: a lease that nobody stated a verdict for ends with a refusal, where the verdict belongs. */
  undecidedEndsAsRefusal: true,
  /** services/safety/ending.ts, close: the lease of a refusal is given back; a refusal is an end already. */
  refusalIsAnEnd: true,
  /** services/safety/ending.ts, stateComplete: settled is what stands, not what was about to be stated. */
  settledFromStoredFact: true,
  /** services/safety/cell.ts, settleLease: nothing changes unless the lease is this remediation's. */
  onlyOwnLeaseSettled: true,
  /** services/safety/ending.ts, settle, and admit.ts: an end that stands already is settled all the same. */
  settledAfterDuplicate: true,
  /** services/safety/ending.ts: a message is acknowledged after its end is settled and told. */
  ackAfterSettling: true,
  /** services/safety/ending.ts, close: where no message comes again it is told first, and the lease given back last. */
  sweepTellsFirst: true,
  /** services/executor/patient.ts, patientOf: what is called is the container that the request was resolved to, whoever has its name. */
  boundActedOn: true,
  /** services/executor/run/intent.ts: nothing is begun on a container that does not bear the name of its target any more. */
  nameStillBorne: true,
  /** services/executor/run/observe.ts: evidence of an effect is evidence of that container alone. */
  evidenceOfTheBound: true,
  /** services/executor/run/verify.ts: well is that container; where another one has its name, nothing is said of either. */
  verdictOfTheBound: true,
  /** services/executor/run/outcome.ts, effectsOf: what was done to a container is not counted against the one that took its name. */
  replacedCountsNothing: true,
  /** libs/contracts/ids.ts: a message of the inbox gives the same id each time that it comes. */
  idsDerived: true,
} as const;

export type Rule = keyof typeof rules;
export type Rules = Readonly<Record<Rule, boolean>>;

export const without = (rule: Rule): Rules => ({ ...rules, [rule]: false });
