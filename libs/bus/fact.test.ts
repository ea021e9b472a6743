import { randomUUID } from 'node:crypto';
import { TimeoutError } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requestedSchema } from '#libs/contracts/facts';
import { requestedSubject } from '#libs/contracts/subjects';
import { type BusGround, startBusGround } from '#libs/testing/bus-ground';
import { aRequested } from '#libs/testing/examples';
import type { Bus } from './bus.ts';
import { stateFact } from './fact.ts';

let ground: BusGround;
beforeAll(async () => {
  ground = await startBusGround();
});
afterAll(() => ground[Symbol.asyncDispose]());

/** NATS goes silent for the first so many reads of a stored message. */
function silentAtFirst(bus: Bus, reads: number): Bus {
  let left = reads;
  const getMessage: Bus['jsm']['streams']['getMessage'] = async (...asked) => {
    left -= 1;
    if (left >= 0) throw new TimeoutError();
    return bus.jsm.streams.getMessage(...asked);
  };
  return { ...bus, jsm: { streams: { getMessage } } as unknown as Bus['jsm'] };
}

it('a fact that stands already is told as a duplicate also when it cannot be read at first', async () => {
  const { bus } = ground.context;
  const id = randomUUID();
  const state = (on: Bus) => stateFact(on, requestedSubject(id), requestedSchema, aRequested({ id }));
  await state(bus);
  const again = await state(silentAtFirst(bus, 2));
  expect(again).toMatchObject({ kind: 'duplicate', mine: true, body: { remediation_id: id } });
});
