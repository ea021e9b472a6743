import type { Requested } from './facts.ts';

/** What every fact about a request begins with. A broken glass stands in each. */
export function headOf(
  { remediation_id, break_glass }: Pick<Requested, 'remediation_id' | 'break_glass'>,
  at: string,
) {
  return { remediation_id, at, ...(break_glass ? { break_glass } : {}) };
}
