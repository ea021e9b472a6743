import { expect, it } from 'vitest';
import { streams } from '#libs/contracts/subjects';
import { durability } from '#libs/testing/nats-server';
import { until } from '#libs/testing/until';
import { pendingOf } from '../pending.ts';
import { isLong, seed, sized } from '../size.ts';
import { tell } from '../tell.ts';
import { median, medianBetween } from './flat.ts';
import { openSoakGround } from './ground.ts';
import { load } from './load.ts';
import { kinds, perSecond } from './mix.ts';
import { watch } from './watch.ts';

const seconds = sized({ each: 60, long: 2_400 });

/**
 * After a third of the time the first third of the rest is held against its last third, by medians. In its first
 * minutes the young heap of a Node process still grows, to three times 16 MiB; later half of that is plenty, for a
 * leak of two kibibytes a remediation would be 42 MiB between the two in a long run. The server keeps each fact's
 * subject in memory and the ends of its files in its cache: two kibibytes a fact, and 32 MiB.
 */
const mayGrowMiB = sized({ each: 48, long: 24 });
const serverMayGrowMiB = (facts: number): number => 32 + (facts * 2) / 1024;
/** What is under way at any moment waits for the audit and for its own end: of five seconds at most. */
const mostPending = 5 * perSecond;
/** Where other tests run beside it and the load itself is not kept up with, what waits says nothing of the mesh. */
const keptUpFrom = 0.9 * perSecond;

it(
  'memory and pending messages stay flat under twenty remediations a second',
  async () => {
    await using ground = await openSoakGround();
    const { bus, server, mesh, gatewayUrl, patients } = ground;
    const beganAt = Date.now();
    await using watching = watch(bus, ground.pids, beganAt);
    const loaded = await load({ bus, gatewayUrl, patients, run: `soak-${seed}` }, seconds);
    const { memory, pending } = watching.seen;

    const endMs = seconds * 1_000;
    const [from, window] = [endMs / 3, (endMs * 2) / 9];
    const growth = [...memory].map(([name, readings]) => {
      const before = medianBetween(readings, from, from + window);
      return { name, before, after: medianBetween(readings, endMs - window, endMs) };
    });
    const { state } = await bus.jsm.streams.info(streams.facts);
    const factsBetween = (state.messages * 4) / 9;
    const pendingBefore = medianBetween(pending, from, from + window);
    const pendingAfter = medianBetween(pending, endMs - window, endMs);
    const empty = async () => ((await pendingOf(bus)) === 0 ? true : undefined);
    const emptied = await until('nothing is pending', empty, 60_000).catch(() => false);

    const errors = mesh.processes.flatMap((each) => errorsIn(each.output()));
    const outcomes = new Map<string, number>();
    for (const { kind, outcome } of loaded.ended) {
      outcomes.set(`${kind}_${outcome}`, (outcomes.get(`${kind}_${outcome}`) ?? 0) + 1);
    }
    const latency = kinds.map((kind) => [
      `p50_ms_${kind}`,
      median(loaded.ended.filter((each) => each.kind === kind).map(({ ms }) => ms)),
    ]);
    tell('P10', {
      seconds,
      asked: loaded.asked,
      ended: loaded.ended.length,
      rate: loaded.rate.toFixed(1),
      mix: '5% restart, 15% exec, 40% refused, 40% dry run',
      ...Object.fromEntries([...outcomes].sort()),
      ...Object.fromEntries(latency),
      memory_mib: growth
        .map(({ name, before, after }) => `${name} ${before.toFixed(0)}→${after.toFixed(0)}`)
        .join(', '),
      kept_up: String(loaded.rate >= keptUpFrom),
      pending: `${pendingBefore}→${pendingAfter}`,
      errors: errors.length,
      policy: durability,
      seed,
    });

    expect(loaded.refusedByDoor).toEqual([]);
    expect(loaded.ended).toHaveLength(loaded.asked);
    expect(errors).toEqual([]);
    expect(emptied).toBe(true);
    if (isLong || loaded.rate >= keptUpFrom) expect(pendingAfter).toBeLessThanOrEqual(mostPending);
    for (const { name, before, after } of growth) {
      const may = name === 'nats-server' ? serverMayGrowMiB(factsBetween) : mayGrowMiB;
      expect(after - before, `MiB that ${name} grew by`).toBeLessThanOrEqual(may);
    }
    expect(server.pid).toBeDefined();
  },
  isLong ? 3_600_000 : 600_000,
);

function errorsIn(output: string): readonly string[] {
  return output.split('\n').filter((line) => /"level":"(error|fatal)"/.test(line));
}
