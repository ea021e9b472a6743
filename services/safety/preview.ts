import type { Bus } from '#libs/bus/bus';
import { callRpc } from '#libs/bus/rpc';
import type { Plan } from '#libs/contracts/plan';
import type { Preview } from '#libs/contracts/preview';
import { executorVerbs } from '#libs/contracts/rpc';
import { executorRpcSubject } from '#libs/contracts/subjects';

const previewTimeoutMs = 5_000;

/** What the executor would do; asked, never done. */
export function previewOf(bus: Bus, engine: string, plan: Plan): Promise<Preview> {
  return callRpc(
    bus,
    executorRpcSubject(engine, 'preview'),
    executorVerbs.preview,
    { plan },
    { timeoutMs: previewTimeoutMs },
  );
}
