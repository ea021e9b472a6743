import { expect, it } from 'vitest';
import { testEngine } from '#libs/testing/docker-engine';
import { durability, startNatsServer } from '#libs/testing/nats-server';
import { drawFrom } from '../draw.ts';
import { startProofGround } from '../evidence/ground.ts';
import { judgedUnder } from '../evidence/judged-under.ts';
import { isLong, seed, sized } from '../size.ts';
import { tell } from '../tell.ts';
import { killAround } from './kills.ts';

const kills = sized({ each: 55, long: 550 });
const atLeast = sized({ each: 500, long: 5_000 });
const timeoutMs = sized({ each: 15 * 60_000, long: 120 * 60_000 });
const patients = 12;
const takeoverMs = 10_000;
const readyMs = 3_000;
/**
 * Where something else runs, as beside other tests, it takes longer to start any process, and what a takeover may take
 * grows with that: never to nothing. A long run has the machine for itself.
 */
const mayTakeMs = (readyP50Ms: number): number =>
  isLong ? takeoverMs : takeoverMs * Math.max(1, readyP50Ms / readyMs);

it(
  'nothing is lost and nothing happens twice, whichever process is killed and however often',
  async () => {
    await using server = await startNatsServer();
    await using ground = await startProofGround({
      natsUrl: server.url,
      suite: 'kill-loop',
      seed,
      docker: testEngine().docker,
      patients,
      replicas: { gateway: 2, safety: 2, executor: 2, verifier: 2, audit: 2 },
    });
    const { judged, loadSeconds } = await judgedUnder(ground, atLeast, () =>
      killAround(ground.supervised, server, kills, drawFrom(seed)),
    );
    tell('P5', {
      kills: judged.kills,
      remediations: judged.remediations,
      executed: judged.acted,
      lost: judged.lost,
      doubled: judged.doubled,
      ready_p50_ms: judged.ready_p50_ms,
      takeover_p50_ms: judged.takeover_p50_ms,
      takeover_may_take_ms: Math.round(mayTakeMs(judged.ready_p50_ms)),
      takeover_p95_ms: judged.takeover_p95_ms,
      takeover_max_ms: judged.takeover_max_ms,
      takeover_of_work_p95_ms: judged.takeover_of_work_p95_ms,
      takeover_whole_p95_ms: judged.takeover_whole_p95_ms,
      load_seconds: loadSeconds,
      policy: `${durability}; kill -9 of processes, no loss of power`,
      seed,
    });
    expect(judged.holds, judged.said).toBe(true);
    expect(judged.kills).toBe(kills);
    expect(judged.remediations).toBeGreaterThanOrEqual(atLeast);
    expect(judged.acted).toBeGreaterThan(0.6 * judged.remediations);
    expect(judged.takeover_p95_ms).toBeLessThan(mayTakeMs(judged.ready_p50_ms));
    expect(judged.takeover_of_work_p95_ms).toBeLessThan(mayTakeMs(judged.ready_p50_ms));
  },
  timeoutMs,
);
