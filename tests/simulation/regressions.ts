import type { Change } from './run.ts';
import { type Climate, calm } from './world/weather.ts';

const asItWas = (drawn: Climate): Climate => ({ ...drawn, replaced: 0 });

/** Seeds that found something in the product, with the climate in which it shows soonest. What they found has its own tests, too. */
export const regressions: readonly (Change & { readonly seed: number; readonly found: string })[] = [
  {
    seed: 1,
    climate: () => ({ ...calm, lost: 0.2 }),
    found: 'a fact that stood already, and could not be read at once, was told as an error',
  },
  {
    seed: 4,
    climate: () => ({ ...calm, jump: 0.2, furthestJumpMs: 1_000 }),
    found: 'a clock set back during a verification made a fact that nobody could read',
  },
  {
    seed: 1,
    climate: () => ({ ...calm, crash: 0.02, engineTrouble: 1, engineFates: ['slow'] }),
    found: 'a restart that the engine was in the middle of was given up, and its target given to others',
  },
  {
    seed: 10_538,
    climate: asItWas,
    found:
      'a plan that went on after a step of which nobody knew gave back its leases while the call could still take effect',
  },
  {
    seed: 120_107_718,
    climate: asItWas,
    found:
      'a lease whose last change got lost on the way to every replica was looked after by none, for ever',
  },
];
