import { afterAll, describe, expect, it } from 'vitest';
import { readFact } from '#libs/bus/fact';
import { type Finished, finishedSchema } from '#libs/contracts/facts';
import { finishedSubject } from '#libs/contracts/subjects';
import type { Target } from '#libs/contracts/target';
import { type ComposeProject, composeProject } from '#libs/testing/compose-project';
import { startDockerRelay } from '#libs/testing/docker-relay';
import { approve } from '#libs/testing/played-safety';
import { playVerifier } from '#libs/testing/played-verifier';
import { restartPlan, startServiceGround } from '#libs/testing/service-ground';
import { until } from '#libs/testing/until';
import { startExecutor } from './service.ts';

const ground = await startServiceGround();
const { bus } = ground.context;
afterAll(() => ground[Symbol.asyncDispose]());

async function run({ project }: ComposeProject, action: string): Promise<Finished> {
  const target: Target = { engine: 'local', kind: 'compose', name: `${project}/api` };
  const plan = restartPlan(target, { action, params: {} });
  const { remediation_id: id } = await approve(bus, { target, plan });
  const read = async () => (await readFact(bus, finishedSubject(id), finishedSchema))?.body;
  return until('it has finished', read, 30_000);
}

describe('scaling', () => {
  it('takes nothing away that is not leased: somebody else has changed the service since', async () => {
    await using _executor = await startExecutor({ env: ground.env, signal: ground.signal });
    await using compose = composeProject();
    await compose.sibling('api', 1);
    await compose.sibling('api', 2);
    expect(await run(compose, 'scale_down')).toMatchObject({
      outcome: 'failed',
      reached_docker: false,
      message: expect.stringContaining(`local/compose/${compose.project}/api/2 would be concerned now`),
    });
    expect(await compose.containers('api')).toHaveLength(2);
  });

  it('looks how far it came when the engine hangs up in the middle, and does not try again', async () => {
    await using _verifier = await playVerifier(bus);
    await using relay = await startDockerRelay();
    const env = { ...ground.env, DOCKER_HOST: relay.dockerHost, ACTION_TIMEOUT_SECONDS: '1' };
    await using _executor = await startExecutor({ env, signal: ground.signal });
    await using compose = composeProject();
    await compose.sibling('api', 1);
    const held = Promise.withResolvers<void>();
    relay.before = (method, path) =>
      method === 'POST' && path.endsWith('/start') ? held.promise : undefined;
    const end = run(compose, 'scale_up');
    const clone = `${compose.project}-api-2`;
    await until('it is made', async () => (await compose.containers('api')).length === 2 || undefined);
    expect(await end).toMatchObject({
      outcome: 'failed',
      message: expect.stringContaining(`Not started: ${clone}`),
    });
    held.resolve();
    expect(await compose.containers('api')).toHaveLength(2);
  }, 90_000);
});
