import { actionNamed } from '#libs/actions/catalogue';
import { ActionFailed } from '#libs/actions/engine-port';
import type { Bound } from '#libs/contracts/bound';
import type { Plan } from '#libs/contracts/plan';
import { Problem } from '#libs/contracts/problem';
import { sightOf } from './sight.ts';
import type { EngineView } from './view.ts';

/** What each step of a plan that acts on the engine as a whole would act on now. Throws a `DockerError` or a `Problem`. */
export async function boundIn(
  plan: Plan,
  view: EngineView,
): Promise<{ steps: { n: number; bound: Bound }[] }> {
  const steps = await Promise.all(
    plan.steps.map(async ({ n, action: name, params }) => {
      const action = actionNamed(name);
      if (action?.on !== 'engine') return [];
      const bound = await action.bind(sightOf(view, name), action.params.parse(params)).catch(unclear);
      return [{ n, bound }];
    }),
  );
  return { steps: steps.flat() };
}

function unclear(error: unknown): never {
  throw error instanceof ActionFailed
    ? new Problem('docker_unavailable', error.message, { cause: error })
    : error;
}
