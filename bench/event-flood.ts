import { randomUUID } from 'node:crypto';
import { consume } from '#libs/bus/consume';
import { publishStored, subscribe } from '#libs/bus/live';
import { openService, type ServiceContext } from '#libs/bus/open-service';
import { idFromKey } from '#libs/contracts/ids';
import { type Details, detailsSchema } from '#libs/contracts/scalars';
import { completeChannel, consumers, inboxSubject, streams } from '#libs/contracts/subjects';
import { startContainer } from '#libs/testing/container';
import { testEngine } from '#libs/testing/docker-engine';
import { busyboxImage } from '#libs/testing/images';
import { type MeshProcesses, startMeshProcesses } from '#libs/testing/mesh-processes';
import { startNatsServer } from '#libs/testing/nats-server';
import { until } from '#libs/testing/until';
import { median, ms, perSecond, quantile } from './figures.ts';

const messages = 6_000;
const warmUp = 1_000;
const inFlight = 256;
const patients = 8;

export type Flood = {
  /** What is measured, for its line in the output. */
  readonly what: string;
  readonly env: NodeJS.ProcessEnv;
  /** What is sent for a patient, besides its name and the id. */
  readonly event: object;
  /** What every answer must say; a figure for other answers is none. */
  readonly answers: (event: Details) => boolean;
  /** Brings the mesh into the state that the events are answered in. */
  readonly prepare?: (mesh: MeshProcesses, containers: readonly string[]) => Promise<void>;
};

/** Answers a second, from the event on the inbox to the event that answers it, with file storage, beside bare JetStream. */
export async function eventFlood({ what, env, event, answers, prepare }: Flood): Promise<void> {
  const bare = await bareJetStream();
  const { docker } = testEngine();
  const image = await busyboxImage(docker);
  const stop = new AbortController();
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startNatsServer());
  const publisher = stack.use(await openBench(server.url, stop.signal));
  const mesh = stack.use(await startMeshProcesses({ natsUrl: server.url, env }));
  await mesh.ready();
  const names: string[] = [];
  for (let n = 0; n < patients; n += 1) {
    const patient = stack.use(await startContainer(docker, { image, cmd: ['sleep', '1000000'] }));
    names.push(patient.name);
  }
  await prepare?.(mesh, names);
  const make = (n: number): object => ({ ...event, container: names[n % names.length] });
  await flood(publisher, warmUp, make, answers);
  const { elapsedMs, latencies } = await flood(publisher, messages, make, answers);
  stop.abort();

  const rate = perSecond(messages, elapsedMs);
  const line = (name: string, figure: string): void => console.log(`  ${name.padEnd(40)} ${figure}`);
  line('bare JetStream publish, consume and ack', `${bare}/s (one process, ${inFlight} in flight)`);
  line(`${what}, event to event`, `${rate}/s (five processes)`);
  line('ratio', (rate / bare).toFixed(3));
  line(`at ${inFlight} in flight`, `p50 ${ms(median(latencies))}, p99 ${ms(quantile(latencies, 0.99))}`);
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
  answers: Flood['answers'],
): Promise<{ elapsedMs: number; latencies: readonly number[] }> {
  const waiting = new Map<string, { since: number; done: () => void }>();
  const latencies: number[] = [];
  let wrong = 0;
  using _ = subscribe(bus, completeChannel, detailsSchema, (body) => {
    const entry = waiting.get(String(body.remediation_id));
    if (!entry) return;
    waiting.delete(String(body.remediation_id));
    latencies.push(performance.now() - entry.since);
    if (!answers(body)) wrong += 1;
    entry.done();
  });
  const from = performance.now();
  await inWindows(count, async (n) => {
    const key = randomUUID();
    const answered = new Promise<void>((done) =>
      waiting.set(idFromKey('anonymous', key), { since: performance.now(), done }),
    );
    await publishStored(bus, inboxSubject, { ...event(n), remediation_id: key });
    await answered;
  });
  if (wrong > 0) throw new Error(`${wrong} of ${count} answers were not as they should be`);
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
