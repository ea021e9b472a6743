import { expect, it } from 'vitest';
import { testEngine } from '#libs/testing/docker-engine';
import { serviceNames } from '#libs/testing/mesh-processes';
import { startNatsCluster } from '#libs/testing/nats-cluster';
import { durability } from '#libs/testing/nats-server';
import { openNetwork, type Room, whyNoNetwork } from '#libs/testing/network';
import { drawFrom } from '../draw.ts';
import { startProofGround } from '../evidence/ground.ts';
import { judgedUnder } from '../evidence/judged-under.ts';
import { seed, sized } from '../size.ts';
import { tell } from '../tell.ts';
import { cutAround, possibleCuts } from './cuts.ts';

const cuts = sized({ each: 6, long: 120 });
const atLeast = 20;
const timeoutMs = sized({ each: 6 * 60_000, long: 120 * 60_000 });
const names = ['nats-one', 'nats-two', 'nats-three'];

const reason = whyNoNetwork();
if (reason !== undefined) console.log(`P7 is not run: nothing can be cut off here, because ${reason}`);

it.skipIf(reason !== undefined)(
  'every invariant holds while services are cut off from NATS, and nodes of NATS from each other',
  { timeout: timeoutMs },
  async () => {
    await using network = await openNetwork();
    const nodes: Room[] = [];
    for (const name of names) nodes.push(await network.room(name));
    const places = nodes.map(({ name, address, enter }) => ({
      name,
      host: address,
      enter,
      clusterPort: 6222,
    }));
    await using cluster = await startNatsCluster(places);
    const rooms = new Map<string, Room[]>(serviceNames.map((service) => [service, []]));
    await using ground = await startProofGround({
      suite: 'partitions',
      seed,
      docker: testEngine().docker,
      patients: 8,
      replicas: { gateway: 1, safety: 2, executor: 1, verifier: 1, audit: 1 },
      natsUrl: cluster.url,
      env: { HEMOSTAT_REPLICAS: '3', GATEWAY_ANONYMOUS_SCOPES: 'observe,act' },
      placeOf: async (service) => {
        const room = await network.room(`${service}-${rooms.get(service)?.length}`);
        rooms.get(service)?.push(room);
        return room;
      },
    });
    const possible = possibleCuts(rooms, nodes);
    const { judged, made } = await judgedUnder(ground, atLeast, () =>
      cutAround(network, possible, cuts, drawFrom(seed), ground.evidence),
    );
    tell('P7', {
      cuts: made.length,
      kinds: new Set(made).size,
      of: possible.length,
      remediations: judged.remediations,
      executed: judged.acted,
      ...Object.fromEntries(
        Object.entries(judged.offences).map(([name, count]) => [name.replaceAll(' ', '_'), count]),
      ),
      policy: `three copies of everything, ${durability}`,
      seed,
    });
    expect(judged.holds, judged.said).toBe(true);
    expect(made).toHaveLength(cuts);
    expect(judged.acted).toBeGreaterThan(0.3 * judged.remediations);
  },
);
