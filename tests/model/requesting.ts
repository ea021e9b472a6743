import { withGateway } from './change.ts';
import type { State } from './state.ts';
import { stating } from './stating.ts';
import { factsOf, identityOf, nameOf, type Step, type World } from './step.ts';

/** services/gateway/inbox/inbox.ts: one message, taken up any number of times, by any replica. */
export function request(world: World, state: State, who: number): readonly Step[] {
  const gateway = state.gateways[who] ?? { at: 'idle' };
  switch (gateway.at) {
    case 'idle': {
      if (!state.inbox) return [];
      const id = world.rules.idsDerived ? 0 : fresh(state);
      const resolved = identityOf(world, state, id).holder ?? 'nobody';
      const next = withGateway(state, who, { at: 'requesting', id, resolved });
      return [{ label: `G${who} takes the message, calls it ${nameOf(id)} and finds ${resolved}`, next }];
    }
    case 'requesting': {
      const { id, resolved } = gateway;
      return stating(world, state, { who: `G${who}`, id, fact: 'requested', value: resolved }, (stated) =>
        withGateway(stated, who, { at: 'acking', id }),
      );
    }
    case 'acking':
      return [
        {
          label: `G${who} acks the message`,
          next: withGateway({ ...state, inbox: false }, who, { at: 'idle' }),
        },
      ];
  }
}

function fresh(state: State): number {
  const free = state.remediations.findIndex((_, id) => factsOf(state, id).requested === null);
  return Math.max(0, free);
}
