import { z } from 'zod';
import { plain } from './table.ts';

export const auditRecordSchema = z.looseObject({
  n: z.number(),
  timestamp: z.string(),
  event: z.string(),
  remediation_id: z.string().optional(),
  user: z.string().optional(),
  container: z.string().optional(),
  target: z.string().optional(),
  action: z.string().optional(),
  status: z.string().optional(),
  reason: z.string().optional(),
  result: z.looseObject({ reason: z.string() }).optional().catch(undefined),
});
export type AuditRecord = z.output<typeof auditRecordSchema>;
export const auditAnswerSchema = z.object({ records: z.array(auditRecordSchema), truncated: z.boolean() });

export const auditColumns = ['n', 'when', 'event', 'who', 'container', 'action', 'status', 'reason'] as const;

export function auditCells(record: AuditRecord): readonly string[] {
  const {
    n,
    timestamp,
    event,
    user = '-',
    container,
    target,
    action = '-',
    status = '-',
    // Of a refusal the word for what refused.
    reason = record.result?.reason ?? '',
  } = record;
  return [String(n), timestamp, event, user, container ?? target ?? '-', action, status, reason];
}

/** For a list that grows: columns as wide as they usually are. */
export function auditLine(record: AuditRecord): string {
  const widths = [6, 24, 9, 10, 20, 10, 11, 0];
  return auditCells(record)
    .map((cell, at) => plain(cell).padEnd(widths[at] ?? 0))
    .join('  ')
    .trimEnd();
}
