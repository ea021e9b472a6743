import type { Fact, Requested } from '#libs/contracts/facts';
import { timelineOf } from './timeline.ts';
import type { RemediationView } from './view.ts';

/** A fact as it is told over HTTP: all of it, and as `message` what the timeline says of it. */
export function eventBody(requested: Requested, fact: Fact): Fact & { readonly message: string } {
  const message = timelineOf(viewOfOne(requested, fact)).at(-1)?.message ?? fact.type;
  return { ...fact, message };
}

/** As if nothing else had happened since it was requested. */
function viewOfOne(requested: Requested, fact: Fact): RemediationView {
  switch (fact.type) {
    case 'requested':
      return { requested: fact, steps: [] };
    case 'decided':
      return { requested, decided: fact, steps: [] };
    case 'started':
      return { requested, steps: [{ started: fact }] };
    case 'executed':
      return { requested, steps: [{ executed: fact }] };
    case 'verified':
      return { requested, steps: [{ verified: fact }] };
    case 'finished':
      return { requested, finished: fact, steps: [] };
    case 'complete':
      return { requested, complete: fact, steps: [] };
  }
}
