import { eventFlood } from './event-flood.ts';
import { noLimits } from './no-limits.ts';

/** Gated dry runs a second. The aim is 1,500 on two cores. */
export function dryRuns(): Promise<void> {
  return eventFlood({
    what: 'gated dry runs (aim: 1,500/s)',
    env: noLimits,
    event: { action: 'restart', dry_run: true, reason: 'benchmark' },
    answers: ({ dry_run }) => dry_run === true,
  });
}
