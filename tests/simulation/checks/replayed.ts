import { policyFrom, type SafetySettings } from '../../../services/safety/config.ts';
import { type ReadHistory, readHistory } from '../../../services/safety/replay/read-history.ts';
import { replaying } from '../../../services/safety/replay/replay.ts';
import type { Ground } from '../mesh/replica.ts';
import { openBus } from '../nats/client.ts';
import { createProcess } from '../world/process.ts';

const readWithinMs = 60_000;

/** I4: what stands, decided again by the pure function alone, is decided as it was. */
export async function checkReplay(ground: Ground, settings: SafetySettings): Promise<void> {
  const { world, wire, server } = ground;
  const process = createProcess(world, 'replay', 0);
  let history: ReadHistory | undefined;
  readHistory(openBus(world, wire, server, process, 'replay')).then(
    (read) => {
      history = read;
    },
    (error: unknown) => world.violated('I4', `what stands cannot be read: ${String(error)}`),
  );
  await world.run(() => history !== undefined, readWithinMs);
  if (!history) return;
  const policy = policyFrom(settings);
  const steps = replaying(history, { before: policy, policy, sinceMs: 0, untilMs: Number.POSITIVE_INFINITY });
  let step = steps.next();
  while (!step.done) step = steps.next();
  for (const { decision, was, wouldBe, change } of step.value) {
    if (change === 'none') continue;
    const words = `${decision.id} was ${was.verdict} (${was.reason ?? '-'})`;
    world.violated('I4', `${words} and would be ${wouldBe.verdict} (${wouldBe.reason ?? '-'})`);
  }
}
