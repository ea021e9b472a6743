import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startContainer } from '#libs/testing/container';
import { startOwnEngine } from '#libs/testing/docker-engine';
import { busyboxImage } from '#libs/testing/images';
import { type MeshGround, startMeshGround } from '#libs/testing/mesh-ground';
import { until } from '#libs/testing/until';

describe('while NATS is away', () => {
  let ground: MeshGround;
  beforeAll(async () => {
    ground = await startMeshGround();
  }, 120_000);
  afterAll(() => ground[Symbol.asyncDispose]());

  it('nothing starts, the answer says so with a remedy, and the mesh goes on by itself', async () => {
    await using target = await ground.patient();
    await ground.server.kill9();
    const refused = await until('the gateway noticed', async () => {
      const answer = await ground.post({ container: target.name, action: 'restart' });
      return answer.status === 503 ? answer : undefined;
    });
    expect(refused.body).toMatchObject({
      code: 'nats_unavailable',
      detail: expect.stringContaining('NATS_URL'),
    });
    const health = await until('its health says so', async () => {
      const answer = await ground.mesh.http('GET', '/health');
      return answer.status === 503 ? answer : undefined;
    });
    expect(JSON.stringify(health.body)).toContain('NATS cannot be reached');
    expect((await ground.mesh.http('GET', '/health/live')).status).toBe(200);
    await ground.server.restart();
    await ground.mesh.ready();
    const { body } = await ground.post({ container: target.name, action: 'restart' }, { prefer: 'wait=60' });
    expect(body).toMatchObject({ outcome: 'recovered' });
    expect(await ground.restartsOf(target)).toBe(1);
  }, 90_000);

  it('killed in the middle of a remediation: it still ends, once', async () => {
    await using target = await ground.patient();
    const { body } = await ground.post({ container: target.name, action: 'restart' });
    const id = String(body.remediation_id);
    await ground.server.kill9();
    await ground.server.restart();
    const outcome = await until(
      'complete',
      async () => (await ground.record(id).catch(() => undefined))?.complete?.body.outcome,
      60_000,
    );
    expect(outcome).toBe('recovered');
    expect(await ground.restartsOf(target)).toBe(1);
  }, 90_000);
});

describe('while Docker is away', () => {
  it('nothing starts, no budget is spent, what came over NATS waits, and all goes on by itself', async ({
    skip,
  }) => {
    const engine = await startOwnEngine();
    if (!engine) return skip('no further Docker Engine can be started here; the reason is printed above');
    await using _ = engine;
    const image = await busyboxImage(engine.docker);
    await using target = await startContainer(engine.docker, {
      image,
      cmd: ['sleep', '1000000'],
      hostConfig: { RestartPolicy: { Name: 'always' } },
    });
    await using ground = await startMeshGround({ env: { DOCKER_HOST: `unix://${engine.socketPath}` } });
    await engine.kill9();
    const refused = await until(
      'the executor noticed',
      async () => {
        const answer = await ground.post({ container: target.name, action: 'restart' });
        return answer.status === 503 ? answer : undefined;
      },
      30_000,
    );
    expect(refused.body).toMatchObject({
      code: 'docker_unavailable',
      detail: expect.stringMatching(/docker/i),
    });
    await ground.publish({ container: target.name, action: 'restart' });
    await engine.restart();
    expect(await ground.eventOf(target, 60_000)).toMatchObject({ result: { status: 'success' } });
    const { body } = await ground.mesh.http('GET', `/api/v1/safety/status?container=${target.name}`);
    expect(JSON.stringify(body)).toContain('"attempts":[]');
  }, 120_000);
});
