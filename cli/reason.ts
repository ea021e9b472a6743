import { usageError } from './command-error.ts';

/** Of every command that changes what safety decides. */
export const reasonOption = { type: 'text', value: '<text>', about: 'why; it stands in the audit' } as const;

export function needReason(reason: string | undefined): string {
  if (reason !== undefined && reason.trim() !== '') return reason;
  throw usageError('a reason is missing', 'say why with --reason "…": it stands in the audit');
}
