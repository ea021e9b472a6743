import type { Bus } from '#libs/bus/bus';
import { callRpc } from '#libs/bus/rpc';
import { shareInFlight } from '#libs/bus/share';
import type { Plan } from '#libs/contracts/plan';
import type { Preview } from '#libs/contracts/preview';
import { executorVerbs } from '#libs/contracts/rpc';
import { executorRpcSubject } from '#libs/contracts/subjects';

const previewTimeoutMs = 5_000;
/** Less than the executor itself keeps one. */
const keptMs = 20;

type Question = { readonly engine: string; readonly plan: Plan };
export type AskPreview = (question: Question) => Promise<Preview>;

/** What the executor would do; asked, never done. The same question asked at the same time, or a moment later, is asked once. */
export function createPreview(bus: Bus): AskPreview {
  return shareInFlight(
    ({ engine, plan }: Question) =>
      callRpc(
        bus,
        executorRpcSubject(engine, 'preview'),
        executorVerbs.preview,
        { plan },
        { timeoutMs: previewTimeoutMs },
      ),
    // Plans have their members in one order: a schema wrote them.
    (question) => JSON.stringify(question),
    { ms: keptMs, clock: bus.clock },
  );
}
