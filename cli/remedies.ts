import type { ProblemCode } from '#libs/contracts/problem';

const wait = 'wait, or have it reset: hemostat safety reset %s --reason …';

/** What to do with this command in hand. Where nothing stands, the gateway's own words say it. */
const remedies: Partial<Record<ProblemCode, string>> = {
  unauthenticated: 'give the token with HEMOSTAT_TOKEN_FILE, HEMOSTAT_TOKEN or --token',
  not_permitted: 'use a token of a principal that has the scope',
  container_not_found: 'hemostat targets shows what there is; names are exact',
  ambiguous_target: 'name the engine with --engine, or the container by its id',
  busy: 'follow the remediation that holds it: hemostat status says which one',
  protected_target: 'nothing is ever done to it; take its protection away first if that is wrong',
  idempotency_key_reused: 'take another --key for another request',
  cooldown_active: wait,
  back_off_active: wait,
  circuit_breaker_open: `find out why it does not help; then ${wait}`,
  rate_limited: wait,
  kill_switch: 'lift it: hemostat resume --reason …',
  maintenance_window: 'wait until it is over',
  nats_unavailable: 'hemostat status and hemostat doctor look closer',
  docker_unavailable: 'hemostat status and hemostat doctor look closer',
  service_unavailable: 'hemostat status and hemostat doctor look closer',
};

const table: Readonly<Record<string, string>> = remedies;

export function remedyFor(code: string, container = '<container>'): string | undefined {
  return table[code]?.replace('%s', container);
}
