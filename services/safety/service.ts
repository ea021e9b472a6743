import { consume } from '#libs/bus/consume';
import { type OpenOptions, openService, type ServiceContext } from '#libs/bus/open-service';
import { ackWaitMs } from '#libs/bus/provision';
import { serveRpc } from '#libs/bus/rpc';
import { finishedSchema, requestedSchema } from '#libs/contracts/facts';
import { consumers, streams } from '#libs/contracts/subjects';
import { version } from '#libs/contracts/version';
import { readConfig } from '#libs/runtime/config';
import { admit } from './admit.ts';
import { policyFrom, safetySettingsSchema, timingFrom, warnOfUselessSettings } from './config.ts';
import { createEnding } from './ending.ts';
import { openDesk } from './operate/desk.ts';
import { lookAfterActs } from './operate/look-after-acts.ts';
import { safetyRpc } from './operate/verbs.ts';
import { createPreview } from './preview.ts';
import { renewOnProgress } from './progress.ts';
import { readingFacts } from './reading-facts.ts';
import { openSigning } from './signing.ts';
import { openState } from './state.ts';
import { startSweep } from './sweep.ts';

const dayMs = 86_400_000;

/** Decides what may happen, and settles what happened. Any number of replicas may run. */
export async function startSafety(options: OpenOptions): Promise<AsyncDisposable> {
  const settings = readConfig(safetySettingsSchema, options.env);
  await using stack = new AsyncDisposableStack();
  const context: ServiceContext = stack.use(await openService('safety', options));
  const { bus, log } = context;
  const policy = policyFrom(settings);
  const timing = timingFrom(settings);
  warnOfUselessSettings(policy, log);
  const sign = openSigning({ ...settings, HEMOSTAT_DATA_DIR: context.settings.HEMOSTAT_DATA_DIR }, log);
  const state = await openState(bus);
  const ending = createEnding(bus, state, policy, timing);
  const admission = { bus, state, policy, timing, ending, preview: createPreview(bus), sign };
  const reading = readingFacts(bus);
  const base = { stream: streams.facts, ackWaitMs, prefetch: 256 };

  stack.use(
    consume(bus, {
      ...base,
      consumer: consumers.requests,
      handle: reading(requestedSchema, (requested) => admit(admission, requested)),
    }),
  );
  stack.use(
    consume(bus, {
      ...base,
      consumer: consumers.progress,
      handle: (delivery) => renewOnProgress(bus, state, timing, delivery),
    }),
  );
  stack.use(
    consume(bus, {
      ...base,
      consumer: consumers.finished,
      handle: reading(finishedSchema, (finished) => ending.finish(finished)),
    }),
  );
  stack.use(startSweep(bus, state, ending));
  const desk = await openDesk(bus, state);
  stack.use(lookAfterActs(desk, context.settings.HEMOSTAT_FACTS_DAYS * dayMs));
  stack.use(
    await serveRpc(
      bus,
      { name: 'safety', version, description: 'Decides what may be remediated, and says why' },
      safetyRpc(desk, state, policy, context.settings.HEMOSTAT_ENGINE, settings),
    ),
  );
  return stack.move();
}
