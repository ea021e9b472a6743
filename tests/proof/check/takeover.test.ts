import { describe, expect, it } from 'vitest';
import type { Evidence, Kill } from './evidence.ts';
import { aGoodRun, began, ids } from './examples.ts';
import { quantile, takeoversOf } from './takeover.ts';

const good = aGoodRun();
const killed = (what: Kill['what'], afterMs: number, more: Partial<Evidence> = {}) => {
  const at = began + afterMs;
  const kill: Kill = { at, what, process: `${what}-1`, replaced_at: at + 100, ready_at: at + 700 };
  const [takeover] = takeoversOf({ ...good, ...more, kills: [kill] });
  return takeover && { ms: takeover.ms, open: takeover.open };
};
/** Everything from the given fact of the first restart on comes so much later. */
const delayed = (subject: string, byMs: number): Partial<Evidence> => {
  const from = good.messages.findIndex(
    (each) => each.subject === `hemostat.remediation.${ids[0]}.${subject}`,
  );
  return {
    messages: good.messages.map((each, at) =>
      at >= from && at < 6 ? { ...each, stored_at: each.stored_at + byMs } : each,
    ),
  };
};

describe('from a kill to the takeover', () => {
  it('it takes until the replacement is ready where nothing was to be done', () => {
    expect(killed('executor', 8_000)).toEqual({ ms: 700, open: 0 });
    expect(killed('safety', 8_000)).toEqual({ ms: 700, open: 0 });
  });

  it('it takes until the next fact of what was open', () => {
    expect(killed('executor', 1_500)).toEqual({ ms: 500, open: 1 });
    expect(killed('safety', 500)).toEqual({ ms: 500, open: 1 });
    expect(killed('safety', 4_200, delayed('complete', 6_000))).toEqual({ ms: 6_800, open: 1 });
  });

  it('the grace and slack of a restart in flight are taken off, and no more', () => {
    expect(killed('executor', 2_500, delayed('step.1.executed', 3_000))).toEqual({ ms: 0, open: 1 });
    expect(killed('executor', 2_500, delayed('step.1.executed', 9_000))).toEqual({ ms: 3_500, open: 1 });
  });

  it('it takes until a client that was cut off is answered by another gateway', () => {
    const [first, ...others] = good.attempts;
    if (!first) throw new Error('there is no attempt');
    const cut = { ...first, ended_at: began + 2_010, answered: false, status: null, outcome: null };
    const again = { ...first, asked: 'gateway-2', sent_at: began + 2_100 };
    expect(killed('gateway', 2_000, { attempts: [cut, again, ...others] })).toEqual({ ms: 4_000, open: 1 });
    expect(killed('gateway', 3_000, { attempts: [cut, again, ...others] })).toEqual({ ms: 700, open: 0 });
  });

  it('work that met a second kill is counted from there, and as a whole', () => {
    const kill = (what: Kill['what'], at: number): Kill => ({
      at,
      what,
      process: what,
      replaced_at: at,
      ready_at: at,
    });
    const kills = [
      kill('safety', began + 4_200),
      kill('verifier', began + 6_000),
      kill('nats', began + 5_000),
    ];
    const [first] = takeoversOf({ ...good, ...delayed('complete', 6_000), kills });
    expect(first).toMatchObject({ ms: 6_000, wholeMs: 6_800 });
  });

  it('work that never goes on takes for ever', () => {
    const messages = good.messages.slice(0, 2);
    expect(killed('executor', 1_500, { messages })?.ms).toBe(Number.POSITIVE_INFINITY);
  });
});

it('95 of 100 are not above the 95th percentile', () => {
  const values = Array.from({ length: 100 }, (_, at) => 100 - at);
  expect([quantile(values, 0.5), quantile(values, 0.95), quantile(values, 1)]).toEqual([50, 95, 100]);
});
