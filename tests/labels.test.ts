import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiClient, apiClient } from '#libs/testing/api-client';
import { type MeshGround, startMeshGround } from '#libs/testing/mesh-ground';

let ground: MeshGround;
let api: ApiClient;
beforeAll(async () => {
  const env = { RESPONDER_COOLDOWN_SECONDS: '60', HEMOSTAT_BACK_OFF_SECONDS: '0' };
  ground = await startMeshGround({ env });
  api = await apiClient(ground.mesh.of('gateway')[0]?.url ?? '');
}, 120_000);
afterAll(() => ground[Symbol.asyncDispose]());

const ask = (container: string, more: object = {}) =>
  api.post(
    '/api/v1/remediations',
    { container, action: 'restart', reason: 'it hangs', ...more },
    { prefer: 'wait=30' },
  );
const statusOf = async (container: string) =>
  (await api.get(`/api/v1/safety/status?container=${container}`)).body.cells[0];

describe('labels on a real container', () => {
  it('allow what they name and forbid the rest, in a dry run, too', async () => {
    await using patient = await ground.patient({ labels: { 'hemostat.actions': 'pause, unpause' } });
    const refused = await ask(patient.name);
    expect(refused).toMatchObject({ status: 403, body: { reason: 'forbidden_by_label' } });
    expect(refused.body.detail).toContain('hemostat.actions allows only pause, unpause, not restart');
    expect((await ask(patient.name, { dry_run: true })).body.would_be).toBe('refused');
    expect((await ask(patient.name, { action: 'pause' })).body.outcome).toBe('recovered');
  });

  it('make the cooldown longer, and the breaker open earlier', async () => {
    await using rests = await ground.patient({ labels: { 'hemostat.cooldown': '7200' } });
    expect((await ask(rests.name)).body.outcome).toBe('recovered');
    const { remaining_seconds } = (await ask(rests.name)).body;
    expect(remaining_seconds).toBeGreaterThan(7_100);
    expect((await statusOf(rests.name)).cooldown.remaining_seconds).toBeGreaterThan(7_100);
    const cmd = ['sh', '-c', 'exit 3'];
    await using dies = await ground.patient({ cmd, labels: { 'hemostat.max_retries': '1' } });
    expect((await ask(dies.name)).body.outcome).toBe('ineffective');
    expect((await statusOf(dies.name)).breaker).toMatchObject({ state: 'open', retry_count: 1, limit: 1 });
  });

  it('ask for more confidence, and loosen nothing', async () => {
    const labels = { 'hemostat.min-confidence': '0.9', 'hemostat.cooldown': '0' };
    await using patient = await ground.patient({ labels });
    expect(await ask(patient.name, { confidence: 0.8 })).toMatchObject({
      status: 403,
      body: { reason: 'low_confidence' },
    });
    expect((await ask(patient.name, { confidence: 0.95 })).body.outcome).toBe('recovered');
    expect((await ask(patient.name, { confidence: 0.95 })).body.reason).toBe('cooldown_active');
  });

  it('that cannot be read keep every hand off, and the answer says which one', async () => {
    await using patient = await ground.patient({ labels: { 'hemostat.cooldown': 'soon' } });
    const { status, body } = await ask(patient.name);
    expect({ status, reason: body.reason }).toEqual({ status: 403, reason: 'forbidden_by_label' });
    expect(body.detail).toContain('hemostat.cooldown is "soon", not seconds from 0 to');
    expect(await ground.restartsOf(patient)).toBe(0);
  });
});
