import type { ContainerAction } from '#libs/actions/action';
import { type Served, serve } from '#libs/bus/rpc';
import type { Step } from '#libs/contracts/plan';
import { Problem } from '#libs/contracts/problem';
import { executorVerbs } from '#libs/contracts/rpc';
import { executorRpcSubject } from '#libs/contracts/subjects';
import type { Target } from '#libs/contracts/target';
import type { Clock } from '#libs/runtime/clock';
import { boundIn } from './bind.ts';
import { DockerError } from './docker/docker-error.ts';
import type { Endpoints } from './endpoint/endpoints.ts';
import { resolvedOf } from './inventory/directory.ts';
import { patientOf } from './patient.ts';
import { previewOf, sharedPreview } from './preview.ts';
import { readingOfTarget } from './reading.ts';
import type { EngineView } from './view.ts';

/** What others may ask of this engine's executor. None of it changes anything. */
export function executorRpc(
  engineName: string,
  view: EngineView,
  endpoints: Endpoints,
  clock: Clock,
): readonly Served[] {
  const subject = (verb: string): string => executorRpcSubject(engineName, verb);
  const ours = (target: Target): Target => {
    if (target.engine === engineName) return target;
    throw new Problem('not_found', `This is the executor of ${engineName}, not of ${target.engine}.`);
  };
  const ground = {
    view,
    look: (step: Step, action: ContainerAction) => {
      ours(step.target);
      return patientOf(view, step, action);
    },
    missing: endpoints.missing,
  };
  const preview = sharedPreview((plan) => previewOf(plan, ground), clock);
  return [
    serve('resolve', subject('resolve'), executorVerbs.resolve, ({ container, scale }) =>
      orProblem(view.inventory.resolve(container, scale)),
    ),
    serve('preview', subject('preview'), executorVerbs.preview, ({ plan }) => orProblem(preview(plan))),
    serve('bind', subject('bind'), executorVerbs.bind, ({ plan }) => orProblem(boundIn(plan, view))),
    serve('inspect', subject('inspect'), executorVerbs.inspect, ({ target, bound }) =>
      orProblem(readingOfTarget(view, ours(target), bound)),
    ),
    serve('targets', subject('targets'), executorVerbs.targets, async () => {
      const directory = await orProblem(view.inventory.current());
      const targets = directory.all.map((each) => ({
        ...resolvedOf(directory, each),
        state: each.state,
        image: each.image,
      }));
      return { engine: engineName, targets };
    }),
  ];
}

async function orProblem<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw error instanceof DockerError ? error.toProblem() : error;
  });
}
