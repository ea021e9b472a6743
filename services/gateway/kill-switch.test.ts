import { expect, it } from 'vitest';
import { killSwitchPart } from './kill-switch.ts';

const now = Date.parse('2026-01-31T12:00:00.000Z');
const at = (until: string | null) => ({
  kill_switch: { since: '2026-01-31T11:00:00.000Z', until, actor: 'ann', reason: 'drill' },
  maintenance: [],
});

it('a kill switch is on until somebody lifts it or its end has come, and it says when that is', () => {
  expect(killSwitchPart(at(null), now)).toMatchObject({
    ok: false,
    cause: expect.stringContaining('ann: drill'),
  });
  expect(killSwitchPart(at('2026-01-31T12:00:00.001Z'), now)).toMatchObject({
    ok: false,
    remedy: expect.stringContaining('It ends by itself at 2026-01-31T12:00:00.001Z.'),
  });
  expect(killSwitchPart(at('2026-01-31T12:00:00.000Z'), now)).toEqual({ ok: true });
  expect(killSwitchPart({ kill_switch: null, maintenance: [] }, now)).toEqual({ ok: true });
});
