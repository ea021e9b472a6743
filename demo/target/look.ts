import { http } from '../http.ts';

/** What an observer reads of a target. */
export type Look = {
  readonly status: string;
  readonly databaseStatus: string;
  readonly poolHealth: string;
  readonly inUse: number;
  readonly size: number;
  readonly errorRatePercent: number;
};

/** The three answers at once. Rejects when one of them does not come. */
export async function lookAt(apiUrl: string): Promise<Look> {
  const paths = ['health', 'metrics', 'pool/status'];
  const [health, metrics, status] = await Promise.all(
    paths.map(async (path) => (await http('GET', `${apiUrl}/api/v1/${path}`)).body),
  );
  const application = memberOf(metrics, 'application');
  const pool = memberOf(status, 'pool');
  return {
    status: String(health?.status),
    databaseStatus: String(memberOf(memberOf(health, 'services'), 'database').status),
    poolHealth: String(pool.pool_health),
    inUse: Number(pool.in_use),
    size: Number(pool.size),
    errorRatePercent: Number(application.error_rate_percent),
  };
}

function memberOf(body: unknown, name: string): Record<string, unknown> {
  const value = typeof body === 'object' && body !== null ? Object.entries(body) : [];
  const member: unknown = Object.fromEntries(value)[name];
  return typeof member === 'object' && member !== null ? { ...member } : {};
}
