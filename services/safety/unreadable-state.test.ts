import { afterAll, beforeAll, expect, it } from 'vitest';
import { buckets, controlKey, targetKey } from '#libs/contracts/subjects';
import { type BusGround, startBusGround } from '#libs/testing/bus-ground';
import { aTarget } from '#libs/testing/examples';
import { openState } from './state.ts';

let ground: BusGround;
beforeAll(async () => {
  ground = await startBusGround();
});
afterAll(() => ground[Symbol.asyncDispose]());

it('controls and cells that nobody can read are no free ones, and whoever asks is told how to put them right', async () => {
  const { bus } = ground.context;
  const state = await openState(bus);
  const target = aTarget('web');
  for (const [key, text] of [
    [controlKey, '{"kill_switch": "no control"}'],
    [targetKey(target), 'no JSON'],
  ] as const) {
    await bus.js.publish(`$KV.${buckets.safety}.${key}`, text);
    await expect(key === controlKey ? state.readControl() : state.readCell(target)).rejects.toMatchObject({
      code: 'service_unavailable',
      message: expect.stringContaining(`nats kv history hemostat_safety '${key}'`),
    });
  }
});
