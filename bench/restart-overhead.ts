import type { Bus } from '#libs/bus/bus';
import { listen } from '#libs/bus/live';
import { openService } from '#libs/bus/open-service';
import { readStep } from '#libs/bus/remediation-record';
import { startContainer } from '#libs/testing/container';
import { testEngine } from '#libs/testing/docker-engine';
import { busyboxImage } from '#libs/testing/images';
import { startMeshProcesses } from '#libs/testing/mesh-processes';
import { startNatsServer } from '#libs/testing/nats-server';
import { until } from '#libs/testing/until';
import { median, ms, quantile } from './figures.ts';
import { noLimits } from './no-limits.ts';

const pairs = 60;

/** A restart through the mesh against the bare engine call on the same container, in turn. */
export async function restartOverhead(): Promise<void> {
  const { docker } = testEngine();
  const stop = new AbortController();
  await using server = await startNatsServer();
  await using watcher = await openService('bench', {
    env: { NATS_URL: server.url, LOG_LEVEL: 'silent' },
    signal: stop.signal,
  });
  await using mesh = await startMeshProcesses({ natsUrl: server.url, env: noLimits });
  await mesh.ready();
  await using patient = await startContainer(docker, {
    image: await busyboxImage(docker),
    cmd: ['sleep', '1000000'],
  });

  const executedAt = new Map<string, number>();
  const executed = listen(watcher.bus, 'hemostat.remediation.*.step.1.executed', (subject) => {
    executedAt.set(subject.split('.')[2] ?? '', performance.now());
  });
  const bare: number[] = [];
  const through: number[] = [];
  const whole: number[] = [];
  const outside: number[] = [];
  const restartBare = async (): Promise<void> => {
    const from = performance.now();
    await docker.getContainer(patient.id).restart({ t: 10 });
    bare.push(performance.now() - from);
  };
  const restartThrough = async (): Promise<void> => {
    const from = performance.now();
    const ask = { container: patient.name, action: 'restart' };
    const answer = await mesh.http('POST', '/api/v1/remediations', ask, { prefer: 'wait=60' });
    whole.push(performance.now() - from);
    if (answer.body.outcome !== 'recovered')
      throw new Error(`the restart ended as ${JSON.stringify(answer.body)}`);
    const at = await until('executed is heard', () => executedAt.get(String(answer.body.remediation_id)));
    through.push(at - from);
    outside.push(at - from - (await callOf(watcher.bus, String(answer.body.remediation_id))));
  };
  for (let pair = 0; pair < pairs; pair += 1) {
    // A restart right after another one takes longer, whoever asks for it: so apart, and each first in turn.
    for (const restart of pair % 2 === 0 ? [restartBare, restartThrough] : [restartThrough, restartBare]) {
      await new Promise((apart) => setTimeout(apart, 400));
      await restart();
    }
  }
  executed[Symbol.dispose]();
  stop.abort();

  const added = through.map((each, at) => each - (bare[at] ?? Number.NaN));
  console.log(
    `  bare engine call            median ${ms(median(bare))}, p95 ${ms(quantile(bare, 0.95))} (${pairs} pairs)`,
  );
  console.log(
    `  HTTP request to executed    median ${ms(median(through))}, p95 ${ms(quantile(through, 0.95))}`,
  );
  console.log(
    `  added, pair by pair         median ${ms(median(added))}, p95 ${ms(quantile(added, 0.95))} (aim: under 15 ms)`,
  );
  console.log(
    `  outside the call itself     median ${ms(median(outside))}, p95 ${ms(quantile(outside, 0.95))} (same restarts, without their scatter)`,
  );
  console.log(`  ratio                       ${(median(through) / median(bare)).toFixed(3)}`);
  console.log(`  request to verified answer  median ${ms(median(whole))}, stability window 0 s`);
}

/** How long the executor's own call took, in milliseconds, as its fact says. */
async function callOf(bus: Bus, id: string): Promise<number> {
  return (await readStep(bus, id, 1)).executed?.body.duration_ms ?? Number.NaN;
}
