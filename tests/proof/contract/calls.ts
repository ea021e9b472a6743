export type Call = {
  readonly method: 'GET' | 'POST';
  /** As the OpenAPI document has it. */
  readonly template: string;
  readonly path?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

const root = '/api/v1';
const reason = 'so that every route answers once';

/** One good and one bad request for every operation; what a good one changes, a later one takes back. */
export function callsAbout(container: string, remediationId: string): readonly Call[] {
  const dry = { container, action: 'restart', dry_run: true };
  const get = (template: string, query = ''): Call => ({
    method: 'GET',
    template,
    path: `${template}${query}`,
  });
  const post = (template: string, body?: unknown, query = ''): Call => ({
    method: 'POST',
    template,
    path: `${template}${query}`,
    body,
  });
  const actions = [
    'restart-target-api',
    'restart-target-db',
    'stop-chaos-attack',
    'remediate-db-pool-exhaustion',
  ];
  return [
    ...['/health', '/health/ready', '/health/live'].flatMap((path) => [get(path), get(path, '?nonsense=1')]),
    { ...post(`${root}/remediations`, dry), headers: { prefer: 'wait=30' } },
    post(`${root}/remediations`, { ...dry, confidence: 2 }),
    get(`${root}/remediations`),
    get(`${root}/remediations`, '?state=nonsense'),
    { method: 'GET', template: `${root}/remediations/{id}`, path: `${root}/remediations/${remediationId}` },
    { method: 'GET', template: `${root}/remediations/{id}`, path: `${root}/remediations/nonsense` },
    {
      method: 'GET',
      template: `${root}/remediations/{id}/events`,
      path: `${root}/remediations/${remediationId}/events`,
    },
    {
      method: 'GET',
      template: `${root}/remediations/{id}/events`,
      path: `${root}/remediations/nonsense/events`,
    },
    get(`${root}/events`),
    get(`${root}/events`, '?nonsense=1'),
    ...actions.flatMap((name) => {
      const attack = name === 'stop-chaos-attack' ? '&attack_id=a-1' : '';
      return [
        post(`${root}/action/${name}`, {}, `?dry_run=true${attack}`),
        post(`${root}/action/${name}`, {}, '?nonsense=1'),
      ];
    }),
    get(`${root}/action/verify-target-health`),
    get(`${root}/action/verify-target-health`, '?nonsense=1'),
    get(`${root}/safety/status`),
    get(`${root}/safety/status`, '?nonsense=1'),
    get(`${root}/safety/explain`, `?container=${container}`),
    get(`${root}/safety/explain`, '?container=../x'),
    post(`${root}/safety/reset`, { container, reason }),
    post(`${root}/safety/reset`, {}),
    post(`${root}/safety/control`, { kill_switch: 'on', reason }),
    post(`${root}/safety/control`, { kill_switch: 'off', reason }),
    post(`${root}/safety/control`, { kill_switch: 'perhaps', reason }),
    post(`${root}/replay`, {}),
    post(`${root}/replay`, { limit: 0 }),
    get(`${root}/safety/rebuild`),
    get(`${root}/safety/rebuild`, '?limit=0'),
    get(`${root}/audit`),
    get(`${root}/audit`, '?limit=0'),
    get(`${root}/audit/verify`),
    get(`${root}/audit/verify`, '?nonsense=1'),
    // Asked for a proof, the audit signs a checkpoint.
    get(`${root}/audit/proof`, `?remediation_id=${remediationId}`),
    get(`${root}/audit/proof`, '?nonsense=1'),
    get(`${root}/targets`),
    get(`${root}/targets`, '?nonsense=1'),
  ];
}
