import { afterAll, beforeAll, expect, it } from 'vitest';
import { builtInCommands } from '#libs/actions/exec/commands';
import { openCells } from '#libs/bus/cell-store';
import { openService, type ServiceContext } from '#libs/bus/open-service';
import { readRemediation } from '#libs/bus/remediation-record';
import { cellSchema } from '#libs/contracts/cell';
import { buckets } from '#libs/contracts/subjects';
import { readConfig } from '#libs/runtime/config';
import { startContainer, type TestContainer } from '#libs/testing/container';
import { countEvents } from '#libs/testing/container-events';
import { testEngine } from '#libs/testing/docker-engine';
import { aTarget } from '#libs/testing/examples';
import { busyboxImage } from '#libs/testing/images';
import { type NatsServer, startNatsServer } from '#libs/testing/nats-server';
import { approve } from '#libs/testing/played-safety';
import { playVerifier } from '#libs/testing/played-verifier';
import { executorSettingsSchema } from '../config.ts';
import { openEngine } from '../docker/docker-engine.ts';
import { openEndpoints } from '../endpoint/endpoints.ts';
import { openInventory } from '../inventory/inventory.ts';
import { runPlan } from './run-plan.ts';
import type { ExecutorContext } from './running.ts';

const { docker, dockerHost } = testEngine();
const stop = new AbortController();
const stack = new AsyncDisposableStack();
let server: NatsServer;
let image: string;

beforeAll(async () => {
  [server, image] = await Promise.all([startNatsServer(), busyboxImage(docker)]);
  stack.use(server);
});
afterAll(async () => {
  stop.abort();
  await stack.disposeAsync();
});

const noEndpoints = { chaos: undefined, 'scale-pool': undefined, 'rotate-credentials': undefined };

/** What one replica stands on, without the consumer that would keep a second delivery of the same decision waiting. */
async function openContext(): Promise<ExecutorContext & { readonly context: ServiceContext }> {
  const env = { NATS_URL: server.url, LOG_LEVEL: 'silent', DOCKER_HOST: dockerHost };
  const engine = stack.use(openEngine(readConfig(executorSettingsSchema, env)));
  const context = stack.use(await openService('executor', { env, signal: stop.signal }));
  const { bus, clock, log, health } = context;
  const protection = { names: [], ownId: '' };
  const inventory = stack.use(openInventory({ engineName: 'local', engine, protection, clock, log, health }));
  return {
    context,
    bus,
    view: { engine, inventory, rules: { commands: builtInCommands }, maintenance: async () => [] },
    endpoints: stack.use(openEndpoints(noEndpoints, undefined, clock)),
    cells: await openCells(bus, buckets.safety, cellSchema),
    engineName: 'local',
    callTimeoutMs: 10_000,
    stopping: stop.signal,
  };
}

const restarts = (patient: TestContainer, since: number) =>
  countEvents(docker, { container: patient.id, action: 'restart', since });

it('ten runs of one approval in two replicas at the same time restart once, and agree on everything', async () => {
  const contexts = await Promise.all([openContext(), openContext()]);
  const [{ bus }] = contexts;
  await using _verifier = await playVerifier(bus);
  for (let round = 0; round < 5; round += 1) {
    await using patient = await startContainer(docker, { image, cmd: ['sleep', '1000'] });
    const since = Date.now();
    const approved = await approve(bus, { target: aTarget(patient.name) });
    const runs = Array.from({ length: 10 }, (_, n) => contexts[n % 2] ?? contexts[0]);
    await Promise.all(runs.map((context) => runPlan(context, approved)));
    expect(await restarts(patient, since)).toBe(1);
    const record = await readRemediation(bus, approved.remediation_id);
    expect(record?.finished?.body).toMatchObject({ outcome: 'recovered' });
  }
});
