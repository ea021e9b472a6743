import { actionNamed } from '#libs/actions/catalogue';
import type { Bus } from '#libs/bus/bus';
import { callRpc } from '#libs/bus/rpc';
import type { Requested } from '#libs/contracts/facts';
import { executorVerbs } from '#libs/contracts/rpc';
import { executorRpcSubject } from '#libs/contracts/subjects';
import { explain, timeoutMs } from './resolver.ts';

/**
 * The request with what its steps on an engine as a whole may act on, as its executor sees it now. A dry run looks for
 * itself when it is decided.
 */
export async function withBound(bus: Bus, requested: Requested): Promise<Requested> {
  const { plan, engine, ask } = requested;
  if (!plan || ask.dry_run || !plan.steps.some(({ action }) => actionNamed(action)?.on === 'engine')) {
    return requested;
  }
  const subject = executorRpcSubject(engine, 'bind');
  const { steps } = await callRpc(bus, subject, executorVerbs.bind, { plan }, { timeoutMs }).catch(
    (error: unknown) => explain(bus, engine, error),
  );
  const bound = plan.steps.map((step) => ({ ...step, ...steps.find(({ n }) => n === step.n) }));
  return { ...requested, plan: { ...plan, steps: bound } };
}
