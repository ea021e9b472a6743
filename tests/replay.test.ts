import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCells } from '#libs/bus/cell-store';
import { cellSchema } from '#libs/contracts/cell';
import { buckets, targetKey } from '#libs/contracts/subjects';
import { type ApiClient, apiClient } from '#libs/testing/api-client';
import type { TestContainer } from '#libs/testing/container';
import { type MeshGround, startMeshGround } from '#libs/testing/mesh-ground';

let ground: MeshGround;
let api: ApiClient;
let well: TestContainer;
let ill: TestContainer;
let careful: TestContainer;
let requests = 0;
const stack = new AsyncDisposableStack();

const ask = (container: string, more: object = {}) => {
  requests += 1;
  return api.post(
    '/api/v1/remediations',
    { container, action: 'restart', reason: 'it hangs', ...more },
    { prefer: 'wait=30' },
  );
};
const order = (path: string, body: object) =>
  api.post(`/api/v1/safety/${path}`, { reason: 'drill', ...body });
const replay = async (body: object = {}) => (await api.post('/api/v1/replay', body)).body;
const rebuild = async () => (await api.get('/api/v1/safety/rebuild')).body;

beforeAll(async () => {
  ground = stack.use(
    await startMeshGround({ replicas: { safety: 2 }, env: { HEMOSTAT_BACK_OFF_SECONDS: '1' } }),
  );
  api = await apiClient(ground.mesh.of('gateway')[0]?.url ?? '');
  well = stack.use(await ground.patient());
  ill = stack.use(await ground.patient({ cmd: ['sh', '-c', 'exit 3'] }));
  careful = stack.use(
    await ground.patient({ labels: { 'hemostat.cooldown': '7200', 'hemostat.actions': 'restart' } }),
  );
  await ask(well.name);
  await ask(well.name, { confidence: 0.5 });
  await ask(well.name, { dry_run: true });
  await ask('no-such-container');
  await ask(ill.name);
  await Promise.all(Array.from({ length: 12 }, () => ask(careful.name)));
  await order('reset', { container: well.name, parts: ['cooldown', 'rate'] });
  await ask(well.name);
  await ask(careful.name, { action: 'stop' });
  await order('control', { kill_switch: 'on' });
  await ask(ill.name);
  await order('control', { kill_switch: 'off' });
  await ask(ill.name);
}, 180_000);
afterAll(() => stack.disposeAsync());

describe('what a real mesh recorded', () => {
  it('is decided again as it was, request by request, with two replicas that raced', async () => {
    const again = await replay({ show: 'all', limit: 500 });
    expect(again).toMatchObject({ requests, unchanged: requests, from_the_beginning: true, next: null });
    expect(again.decisions).toHaveLength(requests);
    expect(await replay()).toMatchObject({
      decisions: [],
      newly_approved: 0,
      newly_refused: 0,
      other_reason: 0,
    });
  });

  it('leads to the very cells that are in the KV', async () => {
    expect(await rebuild()).toMatchObject({ same: true, targets: 3, different: 0, differences: [] });
  });

  it('shows what another policy would have let through, and how that is assumed to have ended', async () => {
    const policy = { RESPONDER_COOLDOWN_SECONDS: 0, HEMOSTAT_RATE_LIMIT: 1_000 };
    const { decisions, policy: used } = await replay({ policy });
    expect(used).toMatchObject({ ...policy, RESPONDER_MAX_RETRIES_PER_HOUR: 3 });
    const changed = decisions.filter((each: { container: string }) => each.container === well.name);
    expect(changed).toMatchObject([
      {
        was: { verdict: 'refused', reason: 'cooldown_active' },
        would_be: { verdict: 'approved' },
        change: 'approved',
        outcome: null,
        assumed: { outcome: 'recovered', like: expect.any(String) },
      },
      // The one that is assumed to have been approved still runs then.
      { dry_run: true, would_be: { reason: 'busy' }, change: 'other_reason', assumed: null },
    ]);
    // Its label asks for more than the policy.
    const ofCareful = decisions.filter((each: { container: string }) => each.container === careful.name);
    expect(ofCareful.filter((each: { change: string }) => each.change === 'approved')).toEqual([]);
  });

  it('shows what a stricter policy would have refused, from the instant on that is asked for', async () => {
    const policy = { MIN_CONFIDENCE: '0.9', HEMOSTAT_DENIED_PRINCIPALS: ['anonymous', 'admin'] };
    const { newly_refused, newly_approved, decisions } = await replay({ policy });
    expect(newly_approved).toBe(0);
    expect(newly_refused).toBeGreaterThanOrEqual(4);
    expect(decisions[0]).toMatchObject({ would_be: { verdict: 'refused', reason: 'not_permitted' } });
    const since = decisions.at(-1).at;
    expect((await replay({ policy, since })).newly_refused).toBe(1);
  });

  it('comes in pages, each request once', async () => {
    const ids: string[] = [];
    for (let after: number | null = 0; after !== null; ) {
      const page = await replay({ show: 'all', limit: 7, after });
      ids.push(...page.decisions.map((each: { remediation_id: string }) => each.remediation_id));
      after = page.next;
    }
    expect(new Set(ids).size).toBe(requests);
    expect(ids).toHaveLength(requests);
  });

  it.each([
    [{ policy: { RESPONDER_COOLDOWN: 5 } }, 'policy.RESPONDER_COOLDOWN'],
    [{ policy: { RESPONDER_COOLDOWN_SECONDS: 'soon' } }, 'policy.RESPONDER_COOLDOWN_SECONDS'],
    [{ since: '2026-01-02T00:00:00Z', until: '2026-01-01T00:00:00Z' }, 'since'],
  ])('is not replayed under what is no policy: %j', async (body, field) => {
    const answer = await api.post('/api/v1/replay', body);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field }] } });
  });

  it('tells a cell that somebody wrote to by hand, and what it should be', async () => {
    const target = { engine: 'local', kind: 'container' as const, name: well.name };
    const cells = await openCells(ground.client.bus, buckets.safety, cellSchema);
    const { value, revision } = await cells.read(targetKey(target));
    if (!value) throw new Error('there is no cell');
    await cells.compareAndSet(targetKey(target), revision, { ...value, cooldown: null, epoch: 0 });
    const { same, differences } = await rebuild();
    expect({ same, parts: differences.map((each: { part: string }) => each.part) }).toEqual({
      same: false,
      parts: ['epoch', 'cooldown'],
    });
    expect(differences[1]).toMatchObject({
      target: `local/container/${well.name}`,
      live: null,
      rebuilt: value.cooldown,
    });
  });
});
