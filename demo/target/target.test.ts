import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testEngine } from '#libs/testing/docker-engine';
import { testLabel, testRun } from '#libs/testing/docker-engine-labels';
import { nodeImage } from '#libs/testing/images';
import { until } from '#libs/testing/until';
import { http } from '../http.ts';
import type { Look } from './look.ts';
import { startTarget, type Target } from './target.ts';

const { docker } = testEngine();
let target: Target;

const start = async (): Promise<Target> =>
  startTarget(docker, { image: await nodeImage(docker), labels: { [testLabel]: testRun } });
/** The rule of the document's agent. */
const showsPoolExhaustion = (look: Look): boolean =>
  look.poolHealth === 'critical' && look.errorRatePercent > 50 && look.databaseStatus === 'unhealthy';
/** Right after a restart nobody answers yet. */
const untilItLooks = (what: string, right: (look: Look) => boolean): Promise<Look> =>
  until(what, async () => {
    const look = await target.look().catch(() => undefined);
    return look && right(look) ? look : undefined;
  });
const symptoms = () => untilItLooks('the symptoms of pool exhaustion', showsPoolExhaustion);
const isWell = (look: Look): boolean =>
  look.status === 'healthy' && look.poolHealth === 'healthy' && look.errorRatePercent < 50;
const recovery = () => untilItLooks('the target is well', isWell);
const restart = (name: string): Promise<unknown> => docker.getContainer(name).restart({ t: 10 });

beforeAll(async () => {
  target = await start();
}, 60_000);
afterAll(() => target[Symbol.asyncDispose]());

describe('the target of the demo', () => {
  it('is well and busy when it has started', async () => {
    expect(await target.look()).toMatchObject({ status: 'healthy', databaseStatus: 'healthy', size: 10 });
    await until('it counts requests', async () => {
      const { body } = await http('GET', `${target.apiUrl}/api/v1/metrics`);
      expect(body).toMatchObject({ application: { total_errors: 0 } });
      const { total_requests } = body.application as { total_requests: number };
      return total_requests > 10 || undefined;
    });
  });

  it('shows every symptom of the document once its pool leaks, and a restart of the API frees it', async () => {
    await target.attack('leak');
    await symptoms();
    await restart(target.api);
    await recovery();
  });

  it('does not recover from a leak by a restart of its database', async () => {
    await target.attack('leak');
    await symptoms();
    await restart(target.database);
    await target.until('unhealthy');
    expect((await target.look()).poolHealth).toBe('critical');
    await restart(target.api);
    await recovery();
  });

  it('is unhealthy from the first answer after a restart of the API while the database keeps the lock', async () => {
    await target.attack('lock');
    await symptoms();
    await restart(target.api);
    const first = await until('an answer', () =>
      http('GET', `${target.apiUrl}/api/v1/health`).catch(() => undefined),
    );
    expect(first.body).toMatchObject({
      status: 'unhealthy',
      services: { database: { status: 'unhealthy' } },
    });
    await symptoms();
    await restart(target.database);
    await recovery();
  });

  it('stops an attack in its own time, remembers it over a restart of the API, and heals nothing by it', async () => {
    const id = await target.attack('leak');
    const url = `${target.chaosUrl}/api/v1/break/db_pool/${id}`;
    await symptoms();
    const statusOf = async () => (await http('GET', url)).body;
    expect(await statusOf()).toMatchObject({ attack_id: id, status: 'running' });
    expect((await http('POST', `${url}/stop`)).body).toMatchObject({ attack_id: id, status: 'cancelling' });
    await until('it is cancelled', async () => (await statusOf()).status === 'cancelled' || undefined);
    expect((await target.look()).poolHealth).toBe('critical');
    await restart(target.api);
    await recovery();
    expect(await statusOf()).toMatchObject({ status: 'cancelled' });
  });

  it('knows only its own attacks and variants', async () => {
    const url = `${target.chaosUrl}/api/v1/break/db_pool`;
    expect((await http('GET', `${url}/nobody`)).status).toBe(404);
    expect((await http('POST', `${url}/nobody/stop`)).status).toBe(404);
    expect((await http('POST', url, { variant: 'earthquake' })).status).toBe(400);
  });

  it('leaves no container behind', async () => {
    const another = await start();
    await another[Symbol.asyncDispose]();
    const names = [another.api, another.database, another.chaos];
    expect(await docker.listContainers({ all: true, filters: { name: names } })).toEqual([]);
  });

  it('takes no name away from a container that is there', async () => {
    const image = await nodeImage(docker);
    const prefix = target.api.replace('target_server_api', '');
    await expect(startTarget(docker, { image, prefix })).rejects.toThrow(/already in use|Conflict/i);
    expect((await docker.getContainer(target.chaos).inspect()).State.Running).toBe(true);
  });
});
