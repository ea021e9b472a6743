import type { z } from 'zod';
import type { Bus } from '#libs/bus/bus';
import { type Served, serve } from '#libs/bus/rpc';
import type { ActRecord } from '#libs/contracts/act-record';
import { Problem } from '#libs/contracts/problem';
import { safetyVerbs } from '#libs/contracts/rpc';
import type { Details } from '#libs/contracts/scalars';
import { rpcSubject } from '#libs/contracts/subjects';
import type { SafetyState } from '../state.ts';
import { type ActDesk, carryOut } from './carry-out.ts';
import { withOrder } from './order.ts';

const { request: requestSchema, reply: replySchema } = safetyVerbs.control;
const wishSchema = requestSchema.omit({ actor: true, reason: true });

/** Throws and lifts the kill switch, and sets the maintenance windows, by the word of a person. */
export function controlVerb(desk: ActDesk): Served {
  return serve('control', rpcSubject('safety', 'control'), safetyVerbs.control, async (request) => {
    checkWish(request);
    return replySchema.parse(await carryOut(desk, { verb: 'control', request, targets: async () => [] }));
  });
}

/** What a person wanted of the controls, as its record and its fact have it. */
export function wishOf(request: Details): z.output<typeof wishSchema> {
  return wishSchema.parse(request);
}

/** Changes the controls as a record says, `asked` being its revision. At most once, also when it is called again. */
export async function applyControl(
  bus: Bus,
  state: SafetyState,
  id: string,
  record: ActRecord,
  asked: number,
) {
  const { actor, reason, asked_at: at } = record;
  const wish = wishOf(record.request);
  const { kill_switch = 'as it was', maintenance } = wish;
  bus.log.warn(
    { actor, reason, kill_switch, windows: maintenance?.length },
    'the controls are changed by a person',
  );
  const order = { id, asked, at, actor, reason, wish };
  return { control: await state.changeControl((kept) => withOrder(kept, order)) };
}

function checkWish({ kill_switch, maintenance }: z.output<typeof requestSchema>): void {
  if (kill_switch !== undefined || maintenance !== undefined) return;
  throw new Problem('invalid_request', 'Say what to change: kill_switch ("on" or "off"), or maintenance.', {
    errors: [{ field: 'kill_switch', message: 'is missing' }],
  });
}
