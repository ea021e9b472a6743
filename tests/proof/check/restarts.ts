import { z } from 'zod';
import { attributed } from './attribution.ts';
import type { Evidence } from './evidence.ts';

const executedSchema = z.object({
  event: z.literal('executed'),
  result: z.object({ action: z.literal('restart'), status: z.literal('success') }),
});

/** Restarts as the engine and the patients show them, and as the audit says them. */
export function restartsOf(evidence: Evidence): { readonly seen: number; readonly audited: number } {
  const { acts } = attributed(evidence);
  const seen = acts.filter(({ marks }) => marks.some(({ kind }) => kind !== 'signal')).length;
  const audited = evidence.auditLines.filter((line) => executedSchema.safeParse(JSON.parse(line)).success);
  return { seen, audited: audited.length };
}
