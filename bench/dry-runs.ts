import { randomUUID } from 'node:crypto';
import { consume } from '#libs/bus/consume';
import { publishStored, subscribe } from '#libs/bus/live';
import { openService, type ServiceContext } from '#libs/bus/open-service';
import { detailsSchema } from '#libs/contracts/scalars';
import { completeChannel, consumers, inboxSubject, streams } from '#libs/contracts/subjects';
import { startContainer } from '#libs/testing/container';
import { testEngine } from '#libs/testing/docker-engine';
import { busyboxImage } from '#libs/testing/images';
import { startMeshProcesses } from '#libs/testing/mesh-processes';
import { startNatsServer } from '#libs/testing/nats-server';
import { until } from '#libs/testing/until';
import { median, ms, perSecond, quantile } from './figures.ts';
import { noLimits } from './no-limits.ts';

const messages = 6_000;
const warmUp = 1_000;
const inFlight = 256;
const patients = 8;

/** Gated dry runs a second, from the event on the inbox to the event that answers it, with file storage. */
export async function dryRuns(): Promise<void> {
  const bare = await bareJetStream();
  const { docker } = testEngine();
  const image = await busyboxImage(docker);
  const stop = new AbortController();
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startNatsServer());
  const publisher = stack.use(await openBench(server.url, stop.signal));
  const mesh = stack.use(await startMeshProcesses({ natsUrl: server.url, env: noLimits }));
  await mesh.ready();
  const names: string[] = [];
  for (let n = 0; n < patients; n += 1) {
    const patient = stack.use(await startContainer(docker, { image, cmd: ['sleep', '1000000'] }));
    names.push(patient.name);
  }
  const event = (n: number) => ({
    container: names[n % names.length],
    action: 'restart',
    dry_run: true,
    reason: 'benchmark',
  });
  await flood(publisher, warmUp, event);
  const { elapsedMs, latencies } = await flood(publisher, messages, event);
  stop.abort();

  const rate = perSecond(messages, elapsedMs);
  console.log(`  bare JetStream publish, consume and ack  ${bare}/s (one process, ${inFlight} in flight)`);
  console.log(`  gated dry runs, event to event           ${rate}/s (five processes; aim: 1,500/s)`);
  console.log(`  ratio                                    ${(rate / bare).toFixed(3)}`);
  console.log(
    `  at ${inFlight} in flight                        p50 ${ms(median(latencies))}, p99 ${ms(quantile(latencies, 0.99))}`,
  );
}

const openBench = (url: string, signal: AbortSignal): Promise<ServiceContext> =>
  openService('bench', { env: { NATS_URL: url, LOG_LEVEL: 'silent' }, signal });

async function bareJetStream(): Promise<number> {
  const stop = new AbortController();
  await using server = await startNatsServer();
  await using context = await openBench(server.url, stop.signal);
  let seen = 0;
  await using _ = consume(context.bus, {
    stream: streams.inbox,
    consumer: consumers.inbox,
    ackWaitMs: 5_000,
    prefetch: inFlight,
    handle: async () => {
      seen += 1;
      return 'ack';
    },
  });
  const from = performance.now();
  await inWindows(messages, (n) => publishStored(context.bus, inboxSubject, { n }));
  await until('all are consumed', () => seen >= messages || undefined, 60_000);
  stop.abort();
  return perSecond(messages, performance.now() - from);
}

async function flood(
  { bus }: ServiceContext,
  count: number,
  event: (n: number) => object,
): Promise<{ elapsedMs: number; latencies: readonly number[] }> {
  const waiting = new Map<string, { since: number; done: () => void }>();
  const latencies: number[] = [];
  using _ = subscribe(bus, completeChannel, detailsSchema, (body) => {
    const entry = waiting.get(String(body.reason));
    if (!entry) return;
    waiting.delete(String(body.reason));
    latencies.push(performance.now() - entry.since);
    entry.done();
  });
  const from = performance.now();
  await inWindows(count, async (n) => {
    const mark = randomUUID();
    const answered = new Promise<void>((done) => waiting.set(mark, { since: performance.now(), done }));
    await publishStored(bus, inboxSubject, { ...event(n), reason: mark });
    await answered;
  });
  return { elapsedMs: performance.now() - from, latencies };
}

/** Calls `send` `count` times, `inFlight` of them at any moment. */
async function inWindows(count: number, send: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await send(next++);
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
}
