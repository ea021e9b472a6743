import { afterAll, expect, it } from 'vitest';
import { readFact } from '#libs/bus/fact';
import { callRpc } from '#libs/bus/rpc';
import { finishedSchema } from '#libs/contracts/facts';
import { executorVerbs } from '#libs/contracts/rpc';
import { executorRpcSubject, finishedSubject } from '#libs/contracts/subjects';
import { composeProject } from '#libs/testing/compose-project';
import { approve } from '#libs/testing/played-safety';
import { restartPlan, startServiceGround } from '#libs/testing/service-ground';
import { until } from '#libs/testing/until';
import { startExecutor } from './service.ts';

const ground = await startServiceGround();
const { bus } = ground.context;
afterAll(() => ground[Symbol.asyncDispose]());

it('a cleanup is bound to the ids on its list, and one that is bound to nothing does nothing', async () => {
  await using _executor = await startExecutor({ env: ground.env, signal: ground.signal });
  await using shop = composeProject();
  const job = await shop.sibling('job', 1, { cmd: ['true'] });
  await job.container.wait();
  await shop.sibling('api', 1);
  const target = { engine: 'local', kind: 'cleanup', name: `project/${shop.project}` } as const;
  const params = { project: shop.project, min_age_seconds: 0 };
  const plan = restartPlan(target, { action: 'cleanup', params, verify: null });
  const { bind } = executorVerbs;
  const answer = await callRpc(
    bus,
    executorRpcSubject('local', 'bind'),
    bind,
    { plan },
    { timeoutMs: 5_000 },
  );
  const bound = { containers: [job.id], images: [], volumes: [] };
  expect(answer).toEqual({ steps: [{ n: 1, bound }] });

  const { remediation_id: id } = await approve(bus, { target, plan });
  const finished = () => readFact(bus, finishedSubject(id), finishedSchema);
  const { body } = await until('it has ended', finished);
  expect(body).toMatchObject({ outcome: 'not_applicable', reason: 'not_bound', reached_docker: false });
  expect(await shop.containers('job')).toHaveLength(1);
});
