import { type RemediationRecord, type Terminal, terminalOf } from '#libs/bus/remediation-record';
import type {
  Complete,
  Decided,
  Executed,
  Finished,
  Requested,
  Started,
  Verified,
} from '#libs/contracts/facts';

export type StepView = {
  readonly started?: Started | undefined;
  readonly executed?: Executed | undefined;
  readonly verified?: Verified | undefined;
};

/** What is known of one remediation, as the answers need it. `steps[0]` is step 1. */
export type RemediationView = {
  readonly requested: Requested;
  readonly decided?: Decided | undefined;
  readonly steps: readonly StepView[];
  readonly finished?: Finished | undefined;
  readonly complete?: Complete | undefined;
  readonly traceId?: string | undefined;
};

export function viewOf(record: RemediationRecord): RemediationView {
  return {
    requested: record.requested.body,
    decided: record.decided?.body,
    steps: record.steps.map(({ started, executed, verified }) => ({
      started: started?.body,
      executed: executed?.body,
      verified: verified?.body,
    })),
    finished: record.finished?.body,
    complete: record.complete?.body,
    traceId: record.requested.traceId,
  };
}

export function terminalOfView({ complete, decided }: RemediationView): Terminal | undefined {
  return terminalOf(complete) ?? terminalOf(decided);
}

export const states = ['requested', 'approved', 'running', 'complete'] as const;
export type State = (typeof states)[number];

export function stateOf(view: RemediationView): State {
  if (terminalOfView(view)) return 'complete';
  if (view.finished || view.steps.some((step) => step.started)) return 'running';
  return view.decided ? 'approved' : 'requested';
}
