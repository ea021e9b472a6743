import type { Bus } from '#libs/bus/bus';
import { consume } from '#libs/bus/consume';
import { stateFact } from '#libs/bus/fact';
import { ackWaitMs } from '#libs/bus/provision';
import { serve, serveRpc } from '#libs/bus/rpc';
import {
  type Approved,
  decidedSchema,
  type Executed,
  executedSchema,
  type Finished,
  finishedSchema,
  startedSchema,
} from '#libs/contracts/facts';
import { parseJson } from '#libs/contracts/json';
import { Problem } from '#libs/contracts/problem';
import { executorVerbs, type Lookup } from '#libs/contracts/rpc';
import {
  consumers,
  executedSubject,
  executorRpcSubject,
  finishedSubject,
  startedSubject,
  streams,
} from '#libs/contracts/subjects';
import { toInstant } from '#libs/runtime/instant';
import { aTarget } from './examples.ts';

export interface PlayedExecutor extends AsyncDisposable {
  /** As if the Docker Engine had stopped. */
  dockerAway: boolean;
  /** What approved remediations come to. */
  outcome: Finished['outcome'];
  /** The names it was asked to resolve, whether or not it could. */
  readonly asked: readonly string[];
}

/**
 * Plays an executor without Docker: any name is a container, but `missing…` is none and `ambiguous…` are two;
 * what is approved ends with `outcome` at once.
 */
export async function playExecutor(bus: Bus, engine = 'local'): Promise<PlayedExecutor> {
  const asked: string[] = [];
  const stack = new AsyncDisposableStack();
  const played: PlayedExecutor = {
    dockerAway: false,
    outcome: 'recovered',
    asked,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
  const needDocker = (): void => {
    if (played.dockerAway) throw new Problem('docker_unavailable', 'The Docker Engine is stopped. Start it.');
  };
  const subject = (verb: string): string => executorRpcSubject(engine, verb);
  const verbs = [
    serve('resolve', subject('resolve'), executorVerbs.resolve, async ({ container }) => {
      asked.push(container);
      needDocker();
      return lookup(container, engine);
    }),
    serve('preview', subject('preview'), executorVerbs.preview, async ({ plan }) => {
      needDocker();
      return { steps: plan.steps.map(previewOf) };
    }),
    serve('bind', subject('bind'), executorVerbs.bind, async ({ plan }) => {
      needDocker();
      return { steps: plan.steps.map(({ n }) => ({ n, bound: { containers: [] } })) };
    }),
    serve('targets', subject('targets'), executorVerbs.targets, async () => {
      needDocker();
      return { engine, targets: [] };
    }),
  ];
  stack.use(await serveRpc(bus, { name: 'executor', version: '0.0.0', description: 'plays one' }, verbs));
  stack.use(
    consume(bus, {
      stream: streams.facts,
      consumer: consumers.executor(engine),
      ackWaitMs,
      prefetch: 64,
      handle: async (delivery) => {
        const decided = decidedSchema.parse(parseJson(delivery.text()));
        if (decided.verdict === 'approved') await run(bus, decided, played.outcome);
        return 'ack';
      },
    }),
  );
  return played;
}

function lookup(container: string, engine: string): Lookup {
  if (container.startsWith('missing')) {
    return { status: 'not_found', message: `Container not found: ${container}` };
  }
  if (container.startsWith('ambiguous')) {
    const candidates = [`${engine}/container/${container}-1`, `${engine}/container/${container}-2`];
    return { status: 'ambiguous', message: `${container} is the name of two`, candidates };
  }
  const resolved = {
    target: { ...aTarget(container), engine },
    container_id: 'a'.repeat(64),
    container_name: container,
    protected_by: container.startsWith('protected') ? 'label hemostat.protect' : null,
  };
  return { status: 'resolved', resolved };
}

const call = 'POST /containers/a/restart?t=10';

const previewOf = (step: { readonly n: number; readonly action: string }) => ({
  n: step.n,
  action: step.action,
  command: 'docker restart --time 10 a',
  calls: [call],
  risk_level: 'medium' as const,
  reversible: false,
  estimated_downtime_seconds: 10,
  notes: [],
});

async function run(bus: Bus, { remediation_id: id, plan }: Approved, outcome: Finished['outcome']) {
  const base = () => ({ remediation_id: id, at: toInstant(Date.now()) });
  const [step] = plan.steps;
  if (!step) throw new Error('a plan has a step');
  const { n, action, target } = step;
  await stateFact(bus, startedSubject(id, n), startedSchema, {
    type: 'started',
    ...base(),
    n,
    action,
    target,
    evidence: {},
    settle_seconds: 1,
    calls: [call],
  });
  const executed: Executed = {
    type: 'executed',
    ...base(),
    n,
    action,
    status: 'success',
    reached_docker: true,
    observed: false,
    result: { details: 'Container restarted' },
    duration_ms: 1,
  };
  await stateFact(bus, executedSubject(id, n), executedSchema, executed);
  await stateFact(bus, finishedSubject(id), finishedSchema, {
    type: 'finished',
    ...base(),
    outcome,
    message: 'Container restarted and running',
    reached_docker: true,
    execution_log: [{ step: n, action, status: 'success', result: executed.result }],
  });
}
