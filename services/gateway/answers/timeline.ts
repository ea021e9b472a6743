import { z } from 'zod';
import type { Decided, Requested } from '#libs/contracts/facts';
import type { BreakGlass } from '#libs/contracts/gates';
import { instantSchema } from '#libs/contracts/scalars';
import type { RemediationView, StepView } from './view.ts';

export const timelineEntrySchema = z.object({
  type: z.enum(['requested', 'decided', 'started', 'executed', 'verified', 'finished', 'complete']),
  at: instantSchema,
  step: z.int().optional(),
  message: z.string(),
});
export type TimelineEntry = z.infer<typeof timelineEntrySchema>;

/** Every fact of a remediation in the order in which they are stated, each in a sentence. */
export function timelineOf(view: RemediationView): readonly TimelineEntry[] {
  const { requested, decided, finished, complete } = view;
  return [
    { type: 'requested', at: requested.at, message: sayRequested(requested) },
    ...(decided ? [{ type: 'decided' as const, at: decided.at, message: sayDecided(decided) }] : []),
    ...view.steps.flatMap(stepEntries),
    ...(finished ? [{ type: 'finished' as const, at: finished.at, message: sayEnd(finished) }] : []),
    ...(complete ? [{ type: 'complete' as const, at: complete.at, message: sayEnd(complete) }] : []),
  ];
}

function stepEntries({ started, executed, verified }: StepView): readonly TimelineEntry[] {
  const entries: TimelineEntry[] = [];
  if (started) {
    const message = `about to ${started.action}: ${started.calls.join(', ')}`;
    entries.push({ type: 'started', at: started.at, step: started.n, message });
  }
  if (executed) {
    const how = executed.observed ? `${executed.status}, found by looking` : executed.status;
    const message = `${executed.action}: ${how}${executed.error ? `; ${executed.error.message}` : ''}`;
    entries.push({ type: 'executed', at: executed.at, step: executed.n, message });
  }
  if (verified) {
    const message = `${verified.verdict}: ${verified.message}`;
    entries.push({ type: 'verified', at: verified.at, step: verified.n, message });
  }
  return entries;
}

function sayRequested({ principal, ask, resolution }: Requested): string {
  const wish = `${principal} asked for ${ask.dry_run ? 'a dry run of ' : ''}${ask.action} of ${ask.container}`;
  return resolution.status === 'resolved' ? wish : `${wish}; ${resolution.message}`;
}

function sayDecided(decided: Decided): string {
  switch (decided.verdict) {
    case 'approved':
      return decided.break_glass ? sayBroken(decided.break_glass) : 'approved: every gate passed';
    case 'refused':
      return `refused: ${decided.message}`;
    case 'dry_run':
      return `dry run: it would be ${decided.would_be}${decided.refusal ? `: ${decided.refusal.message}` : ''}`;
  }
}

function sayBroken({ principal, gates, reason }: BreakGlass): string {
  return `approved: ${principal} overrode ${gates.join(', ')}: ${reason}`;
}

function sayEnd({ outcome, message }: { readonly outcome: string; readonly message: string }): string {
  return `${outcome}: ${message}`;
}
