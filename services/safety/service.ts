import { type OpenOptions, openService, type ServiceContext } from '#libs/bus/open-service';
import { serveRpc } from '#libs/bus/rpc';
import { version } from '#libs/contracts/version';
import { readConfig } from '#libs/runtime/config';
import { policyFrom, safetySettingsSchema, timingFrom, warnOfUselessSettings } from './config.ts';
import { takeUpDuties } from './duties.ts';
import { openDesk } from './operate/desk.ts';
import { lookAfterActs } from './operate/look-after-acts.ts';
import { safetyRpc } from './operate/verbs.ts';
import { openSigning } from './signing.ts';
import { openState } from './state.ts';

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
  stack.use(takeUpDuties(bus, state, { policy, timing, sign }));
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
