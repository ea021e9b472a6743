import { usageError } from './command-error.ts';

/** Of every command that changes what safety decides. */
export const reasonOption = { type: 'text', value: '<text>', about: 'why; it stands in the audit' } as const;

export const orderKeyOption = {
  type: 'text',
  value: '<key>',
  about: 'names the order: given again it is not carried out again',
} as const;

export function needReason(reason: string | undefined): string {
  if (reason !== undefined && reason.trim() !== '') return reason;
  throw usageError('a reason is missing', 'say why with --reason "…": it stands in the audit');
}
