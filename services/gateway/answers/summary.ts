import type { z } from 'zod';
import { instantSchema } from '#libs/contracts/scalars';
import { remediationBody, remediationBodySchema } from './remediation-body.ts';
import { type RemediationView, terminalOfView } from './view.ts';

/** A remediation in a list; the rest of it is read by its id. */
export const summarySchema = remediationBodySchema
  .pick({
    remediation_id: true,
    state: true,
    outcome: true,
    message: true,
    container: true,
    action: true,
    dry_run: true,
    engine: true,
    targets: true,
    principal: true,
    door: true,
    received_at: true,
  })
  .extend({ ended_at: instantSchema.nullable(), trace_id: remediationBodySchema.shape.trace_id });
export type Summary = z.infer<typeof summarySchema>;

const summaryMembers = summarySchema.omit({ ended_at: true }).strip();

export function summaryOf(view: RemediationView): Summary {
  const ended_at = terminalOfView(view)?.fact.at ?? null;
  return { ...summaryMembers.parse(remediationBody(view)), ended_at };
}
