import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { testEngine } from '#libs/testing/docker-engine';
import { startNatsCluster } from '#libs/testing/nats-cluster';
import { durability } from '#libs/testing/nats-server';
import { freePort } from '../../../demo/free-port.ts';
import { drawFrom } from '../draw.ts';
import { startProofGround } from '../evidence/ground.ts';
import { judgedUnder } from '../evidence/judged-under.ts';
import { seed, sized } from '../size.ts';
import { tell } from '../tell.ts';

const kills = sized({ each: 3, long: 60 });
const atLeast = sized({ each: 40, long: 1_000 });
const timeoutMs = sized({ each: 5 * 60_000, long: 60 * 60_000 });
const betweenKillsMs = 3_000;
const names = ['one', 'two', 'three'];

it('nothing is lost and nothing happens twice when nodes of a cluster of three are killed under load', {
  timeout: timeoutMs,
}, async () => {
  const places = names.map(async (name) => ({ name, host: '127.0.0.1', clusterPort: await freePort() }));
  await using cluster = await startNatsCluster(await Promise.all(places));
  await using ground = await startProofGround({
    suite: 'cluster',
    seed,
    docker: testEngine().docker,
    patients: 8,
    replicas: { gateway: 1, safety: 2, executor: 1, verifier: 1, audit: 1 },
    natsUrl: cluster.url,
    env: { HEMOSTAT_REPLICAS: '3' },
  });
  for (const stream of ['HEMOSTAT', 'HEMOSTAT_INBOX', 'KV_hemostat_safety']) {
    expect((await ground.bus.jsm.streams.info(stream)).config.num_replicas).toBe(3);
  }
  const draw = drawFrom(seed);
  const { judged } = await judgedUnder(ground, atLeast, async () => {
    for (let done = 0; done < kills; done += 1) {
      await setTimeout(betweenKillsMs);
      const victim = cluster.nodes[draw(cluster.nodes.length)];
      if (victim) await ground.supervised.killNats(victim.server);
    }
  });
  tell('cluster', {
    nodes: names.length,
    replicas: 3,
    node_kills: judged.kills,
    remediations: judged.remediations,
    executed: judged.acted,
    lost: judged.lost,
    doubled: judged.doubled,
    policy: `three copies of everything, ${durability}; kill -9 of nodes, no loss of power`,
    seed,
  });
  expect(judged.holds, judged.said).toBe(true);
  expect(judged.remediations).toBeGreaterThanOrEqual(atLeast);
  expect(judged.acted, judged.said).toBeGreaterThan(0.25 * judged.remediations);
});
