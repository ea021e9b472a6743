import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { listen } from '#libs/bus/live';
import { openService } from '#libs/bus/open-service';
import { readRemediation } from '#libs/bus/remediation-record';
import { idFromKey } from '#libs/contracts/ids';
import { allFacts } from '#libs/contracts/subjects';
import { recordingOf } from '#libs/testing/container-events-recording';
import { testEngine } from '#libs/testing/docker-engine';
import { busyboxImage } from '#libs/testing/images';
import { startMeshProcesses } from '#libs/testing/mesh-processes';
import { startNatsServer } from '#libs/testing/nats-server';
import { until } from '#libs/testing/until';
import { drawFrom } from '../draw.ts';
import { openEvidence } from '../evidence/folder.ts';
import { superviseMesh } from '../evidence/supervised.ts';
import { seed, sized } from '../size.ts';
import { tell } from '../tell.ts';
import { type Judgement, judge, toldOf } from './judge.ts';
import { openScene, type Scene } from './play.ts';
import { type Moment, scheduleOf } from './schedule.ts';

const schedules = sized({ each: 75, long: 5_000 });
const atOnce = 16;
const killEveryMs = 15_000;
const timeoutMs = sized({ each: 10 * 60_000, long: 3 * 60 * 60_000 });

const none = { gateway: 0, safety: 0, executor: 0, verifier: 0, audit: 0 };
const env = {
  RESPONDER_COOLDOWN_SECONDS: '0',
  RESPONDER_MAX_RETRIES_PER_HOUR: '1000',
  HEMOSTAT_BACK_OFF_SECONDS: '0',
  HEMOSTAT_RATE_LIMIT: '10000',
  HEMOSTAT_VERIFY_TIMEOUT_SECONDS: '8',
};

it(
  'nothing is done to, seen of or said of a container that was not resolved, whatever becomes of its name meanwhile',
  async () => {
    const { docker } = testEngine();
    await using server = await startNatsServer();
    const image = await busyboxImage(docker);
    const natsUrl = server.url;
    await using evidence = await openEvidence('identity');
    await using mesh = await startMeshProcesses({ natsUrl, env, replicas: none });
    const replicas = { gateway: 1, safety: 1, executor: 2, verifier: 1, audit: 1 };
    const supervised = await superviseMesh(mesh, replicas, evidence);
    await mesh.ready();
    const stop = new AbortController();
    await using test = await openService('test', {
      env: { NATS_URL: natsUrl, LOG_LEVEL: 'silent' },
      signal: stop.signal,
    });
    const scenes = new Map<string, Scene>();
    using _ = listen(test.bus, allFacts, (subject) => {
      const [, , id = '', ...words] = subject.split('.');
      scenes.get(id)?.heard((words[0] === 'step' ? words[2] : words[0]) as Moment);
    });

    const draw = drawFrom(seed);
    const prefix = `identity${seed}`;
    const planned = Array.from({ length: schedules }, (_, n) => scheduleOf(prefix, n, draw));
    const judged: Judgement[] = [];
    const playNext = async (): Promise<void> => {
      for (let schedule = planned.shift(); schedule; schedule = planned.shift()) {
        const key = schedule.name;
        const id = idFromKey('anonymous', key);
        await using scene = await openScene(docker, image, schedule);
        scenes.set(id, scene);
        const sentAt = Date.now();
        scene.heard('sent');
        const ask = { container: schedule.name, action: 'restart' };
        const headers = { 'idempotency-key': key, prefer: 'wait=60' };
        // Nobody may be there just now to say what the name stands for.
        const ended = async () => {
          const { status } = await mesh.http('POST', '/api/v1/remediations', ask, headers);
          return (status !== 202 && status < 500) || undefined;
        };
        await until(`${key} has ended`, ended, 60_000);
        await scene.quiet();
        scenes.delete(id);
        const record = await readRemediation(test.bus, id);
        if (!record) throw new Error(`nothing stands about ${key}`);
        const told = toldOf(recordingOf(docker)?.events ?? [], schedule);
        const judgement = judge(schedule, sentAt, record, told);
        if (judgement.offences.length > 0) console.log(JSON.stringify({ schedule, record, told }));
        judged.push(judgement);
      }
    };
    const began = Date.now();
    const playing = Promise.all(Array.from({ length: atOnce }, playNext));
    let isOver = false;
    const killing = (async () => {
      const executors = supervised.places.filter(({ service }) => service === 'executor');
      for (let n = 0; !isOver; n += 1) {
        await Promise.race([setTimeout(killEveryMs), playing]);
        const executor = executors[n % executors.length];
        if (executor && !isOver) await supervised.kill(executor);
      }
    })();
    await playing.finally(() => {
      isOver = true;
    });
    await killing;
    stop.abort();

    const count = (of: (each: Judgement) => string) =>
      Object.entries(Object.groupBy(judged, of))
        .map(([what, all]) => `${what} ${all?.length}`)
        .join(', ');
    const offences = judged.flatMap((each) => each.offences);
    const seconds = Math.round((Date.now() - began) / 1_000);
    tell('P15', {
      schedules: judged.length,
      lost_their_name: count(({ lost }) => lost),
      ended: count(({ outcome }) => outcome),
      counted_on_another: judged.filter(({ counted }) => counted).length,
      offences: offences.length,
      seconds,
      seed,
    });
    expect(offences).toEqual([]);
    expect(judged).toHaveLength(schedules);
  },
  timeoutMs,
);
