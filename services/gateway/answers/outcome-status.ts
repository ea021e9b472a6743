import type { Outcome } from '#libs/contracts/facts';

/**
 * The word of the Action Server's document for how it went.
 * `inconclusive` and `unknown` stay what they are: neither is a success.
 */
export const resultStatuses = [
  'success',
  'failed',
  'dry_run',
  'not_applicable',
  'inconclusive',
  'unknown',
  'rejected',
] as const;
export type ResultStatus = (typeof resultStatuses)[number];

export function statusOf(outcome: Outcome): ResultStatus {
  switch (outcome) {
    case 'recovered':
    case 'executed':
      return 'success';
    case 'ineffective':
    case 'failed':
      return 'failed';
    case 'expired':
    case 'rejected':
      return 'rejected';
    case 'dry_run':
    case 'not_applicable':
    case 'inconclusive':
    case 'unknown':
      return outcome;
  }
}
