import type { Bus } from '#libs/bus/bus';
import type { Ending } from './ending.ts';
import type { LeaseTiming, Policy } from './policy.ts';
import type { AskPreview } from './preview.ts';
import type { SignApproval } from './signing.ts';
import type { SafetyState } from './state.ts';

/** What admitting a request needs. */
export type Admission = {
  readonly bus: Bus;
  readonly state: SafetyState;
  readonly policy: Policy;
  readonly timing: LeaseTiming;
  readonly ending: Ending;
  readonly preview: AskPreview;
  readonly sign: SignApproval;
};
