import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeptControl } from '#libs/contracts/cell';
import { holds } from '../../../tests/proof/holds.ts';
import { type Order, withOrder } from './order.ts';

const free: KeptControl = { kill_switch: null, maintenance: [], orders: [] };
const at = '2026-01-01T00:00:00.000Z';
const window = { from: at, until: '2026-01-01T01:00:00.000Z', targets: [] };
const order = (asked: number, wish: Order['wish']): Order => ({
  id: `order-${asked}`,
  asked,
  at,
  actor: 'ops',
  reason: 'drill',
  wish,
});
const controlsAfter = (...orders: readonly Order[]) => orders.reduce(withOrder, free);

describe('an order to the controls', () => {
  it('counts once, whatever came in between', () => {
    const on = order(1, { kill_switch: 'on' });
    const lifted = controlsAfter(on, order(2, { kill_switch: 'off' }));
    expect(withOrder(lifted, on)).toBe(lifted);
  });

  it('that comes late sets nothing that a later one has set', () => {
    const late = controlsAfter(order(2, { kill_switch: 'off' }), order(1, { kill_switch: 'on' }));
    expect(late.kill_switch).toBeNull();
  });

  it('that comes late sets what the later ones let be', () => {
    const late = controlsAfter(
      order(2, { maintenance: [window] }),
      order(1, { kill_switch: 'on', maintenance: [] }),
    );
    expect(late).toMatchObject({ kill_switch: { since: at, actor: 'ops' }, maintenance: [window] });
  });

  it('lets be what it does not name', () => {
    const both = controlsAfter(
      order(1, { kill_switch: 'on', until: window.until }),
      order(2, { maintenance: [window] }),
    );
    expect(both).toMatchObject({
      kill_switch: { until: window.until },
      maintenance: [{ ...window, actor: 'ops' }],
    });
  });

  it('is remembered, but not for ever', () => {
    const many = Array.from({ length: 100 }, (_, n) => order(n, { kill_switch: 'off' }));
    const { orders } = controlsAfter(...many);
    expect(orders.length).toBeLessThan(50);
    expect(orders.at(-1)).toMatchObject({ id: 'order-99' });
  });
});

describe('orders to the controls', () => {
  const wishes = fc.record(
    {
      kill_switch: fc.constantFrom<('on' | 'off')[]>('on', 'off'),
      maintenance: fc.boolean().map((on) => (on ? [window] : [])),
    },
    { requiredKeys: [] },
  );
  const some = fc.array(wishes, { maxLength: 8 }).map((list) => list.map((wish, n) => order(n + 1, wish)));
  const inAnyOrder = some.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
  );

  it('come to the same controls in whatever order they are carried out', () => {
    holds(
      fc.property(inAnyOrder, ([asked, carriedOut]) => {
        const { orders: _, ...right } = controlsAfter(...asked);
        expect(controlsAfter(...carriedOut)).toMatchObject(right);
      }),
    );
  });

  it('count once each, however often they are carried out', () => {
    holds(
      fc.property(inAnyOrder, ([asked, again]) => {
        const once = controlsAfter(...asked);
        expect(again.reduce(withOrder, once)).toBe(once);
      }),
    );
  });
});
