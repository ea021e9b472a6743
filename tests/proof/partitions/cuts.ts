import { setTimeout } from 'node:timers/promises';
import type { Network, Room } from '#libs/testing/network';
import type { drawFrom } from '../draw.ts';
import type { EvidenceFolder } from '../evidence/folder.ts';

/** Which rooms one cut parts: those of one side from those of the other. */
export type Cut = {
  readonly what: string;
  readonly sides: readonly [readonly Room[], readonly Room[]];
  /** Parts everything that acts from everything that it must ask: nothing may begin meanwhile. */
  readonly isolatesExecutors: boolean;
};

/** Everything that can be cut: each service from NATS as a whole, all executors together, each node from the others. */
export function possibleCuts(
  services: ReadonlyMap<string, readonly Room[]>,
  nodes: readonly Room[],
): readonly Cut[] {
  const ofServices = [...services].map(
    ([service, rooms]): Cut => ({
      what: `${service} from NATS`,
      sides: [rooms, nodes],
      isolatesExecutors: service === 'executor',
    }),
  );
  const ofNodes = nodes.map(
    (node): Cut => ({
      what: `${node.name} from the other nodes`,
      sides: [[node], nodes.filter((other) => other !== node)],
      isolatesExecutors: false,
    }),
  );
  return [...ofServices, ...ofNodes];
}

const shortestMs = 2_000;
const longestMs = 8_000;
const betweenMs = 3_000;
/** What was asked of the engine or of NATS right before a cut may still arrive. */
const underwayMs = 1_000;

/** Makes so many cuts one after another, each kind in turn, that of the executors first, each healed after a while. */
export async function cutAround(
  network: Network,
  cuts: readonly Cut[],
  count: number,
  draw: ReturnType<typeof drawFrom>,
  evidence: EvidenceFolder,
): Promise<readonly string[]> {
  const made: string[] = [];
  const [first, ...others] = cuts.toSorted(
    (a, b) => Number(b.isolatesExecutors) - Number(a.isolatesExecutors),
  );
  const offset = draw(others.length);
  const order = [first, ...others.slice(offset), ...others.slice(0, offset)];
  for (let done = 0; done < count; done += 1) {
    const cut = order[done % order.length];
    if (!cut) continue;
    await setTimeout(betweenMs);
    const pairs = cut.sides[0].flatMap((one) => cut.sides[1].map((other) => [one, other] as const));
    for (const [one, other] of pairs) await network.cut(one, other);
    const from = Date.now() + underwayMs;
    await setTimeout(shortestMs + draw(longestMs - shortestMs));
    if (cut.isolatesExecutors) evidence.cut({ from, until: Date.now() });
    for (const [one, other] of pairs) await network.heal(one, other);
    made.push(cut.what);
  }
  return made;
}
