/** Where a remediation is over HTTP. */
export function locationOf(remediationId: string): string {
  return `/api/v1/remediations/${remediationId}`;
}
