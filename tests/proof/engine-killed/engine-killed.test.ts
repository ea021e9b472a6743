import { expect, it } from 'vitest';
import { startOwnEngine } from '#libs/testing/docker-engine';
import { durability, startNatsServer } from '#libs/testing/nats-server';
import { drawFrom } from '../draw.ts';
import { startProofGround } from '../evidence/ground.ts';
import { judgedUnder } from '../evidence/judged-under.ts';
import { seed, sized } from '../size.ts';
import { tell } from '../tell.ts';
import { killExecutorsAndEngine } from './faults.ts';

const kills = sized({ each: 6, long: 100 });
const atLeast = sized({ each: 30, long: 500 });
const timeoutMs = sized({ each: 10 * 60_000, long: 60 * 60_000 });
const patients = 6;

it(
  'the audit tells as many restarts as the engine made, whoever is killed: executors or the engine itself',
  async ({ skip }) => {
    await using engine = await startOwnEngine();
    if (engine === undefined) return skip('this machine allows no engine of the test’s own');
    await using server = await startNatsServer();
    await using ground = await startProofGround({
      natsUrl: server.url,
      suite: 'engine-killed',
      seed,
      docker: engine.docker,
      patients,
      replicas: { gateway: 1, safety: 1, executor: 2, verifier: 1, audit: 1 },
      env: { DOCKER_HOST: engine.dockerHost },
    });
    const { supervised, evidence } = ground;
    // While the engine is away the answers are quick refusals: many more are asked for than have to be carried out.
    const { judged } = await judgedUnder(ground, 3 * atLeast, () =>
      killExecutorsAndEngine({ supervised, engine, evidence, kills, draw: drawFrom(seed) }),
    );
    const { recovered = 0, failed = 0, unknown = 0 } = judged.outcomes;
    tell('P6', {
      kills: judged.kills,
      remediations: judged.remediations,
      executed: judged.acted,
      recovered,
      failed,
      unknown,
      restarts_seen: judged.restarts_seen,
      restarts_audited: judged.restarts_audited,
      lost: judged.lost,
      doubled: judged.doubled,
      policy: durability,
      seed,
    });
    expect(judged.holds, judged.said).toBe(true);
    expect(judged.kills).toBe(kills);
    expect(judged.restarts_seen).toBeGreaterThanOrEqual(atLeast);
    expect(judged.restarts_audited).toBe(judged.restarts_seen);
  },
  timeoutMs,
);
