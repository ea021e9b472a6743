import { afterAll, beforeAll, expect, it } from 'vitest';
import { subscribe } from '#libs/bus/live';
import { parseFact } from '#libs/bus/poison';
import { callRpc } from '#libs/bus/rpc';
import { factSchema } from '#libs/contracts/facts';
import { auditVerbs, type DeadLetter, deadLetterSchema } from '#libs/contracts/rpc';
import { deadAll, rpcSubject, servicePing, streams } from '#libs/contracts/subjects';
import { type MeshGround, startMeshGround } from '#libs/testing/mesh-ground';
import { serviceNames } from '#libs/testing/mesh-processes';
import { durability } from '#libs/testing/nats-server';
import { openRawClient, type RawMessage } from '#libs/testing/raw-nats-client';
import { until } from '#libs/testing/until';
import { residentMiB } from '../resident-memory.ts';
import { seed, sized } from '../size.ts';
import { tell } from '../tell.ts';
import { askAll, publishAll } from './publish-all.ts';
import { inboxMessages, insideMessages, memoryMessages, rpcMessages } from './surfaces.ts';
import { untilLeft } from './until-left.ts';

const messages = sized({ each: 5_000, long: 100_000 });
const share = (part: number): number => Math.round(messages * part);
const timeout = sized({ each: 300_000, long: 7_200_000 });
const patienceMs = 120_000;
/** What docker-compose.yml gives to a service. */
const mostMiB = 512;
const letters: DeadLetter[] = [];
const found = {
  messages: 0,
  answered: 0,
  refused_by_field: 0,
  dead_letters: 0,
  crashes: 0,
  mib: 0,
  seed,
};
let ground: MeshGround;
let maxPayload: number;

beforeAll(async () => {
  // Requests that nobody can take up end soon; nothing else depends on it.
  ground = await startMeshGround({
    env: {
      LOG_LEVEL: 'ERROR',
      HEMOSTAT_REQUEST_TTL_SECONDS: '10',
      // What Node takes for itself where there are 512 MiB in all; on a large machine it would let garbage lie.
      NODE_OPTIONS: '--max-old-space-size=256',
    },
  });
  const { bus } = ground.client;
  maxPayload = bus.nc.info?.max_payload ?? 0;
  subscribe(bus, deadAll, deadLetterSchema, (letter) => letters.push(letter));
}, 180_000);
afterAll(async () => {
  tell('P9', { ...found, dead_letters: letters.length, policy: durability });
  await ground[Symbol.asyncDispose]();
});

const port = () => ground.server.port;
const bus = () => ground.client.bus;

/** Every verb of every service, as the services themselves tell it. */
async function verbs(): Promise<readonly string[]> {
  const inbox = '_INBOX.fuzz-info';
  const subjects = new Set<string>();
  await using client = await openRawClient(port(), inbox);
  await client.publish([{ subject: '$SRV.INFO', payload: Buffer.alloc(0) }], () => `${inbox}.1`);
  await until('all say what they serve', () => {
    for (const { body } of client.answers) {
      const { endpoints } = JSON.parse(body) as { endpoints: readonly { readonly subject: string }[] };
      for (const { subject } of endpoints) subjects.add(subject);
    }
    const has = (service: string) =>
      [...subjects].some((each) => each.startsWith(`hemostat.rpc.${service}.`));
    return ['safety', 'executor', 'verifier', 'audit'].every(has) || undefined;
  });
  return [...subjects].sort();
}

async function stillServes(): Promise<void> {
  const { processes } = ground.mesh;
  found.crashes = processes.filter(({ end }) => end() !== undefined).length;
  expect(processes.map(({ service, end }) => [service, end()])).toEqual(
    processes.map(({ service }) => [service, undefined]),
  );
  for (const service of serviceNames.filter((each) => each !== 'gateway')) {
    await bus().nc.request(servicePing(service), '', { timeout: 20_000 });
  }
  await using patient = await ground.patient();
  const ask = { container: patient.name, action: 'restart', dry_run: true };
  const answer = await ground.mesh.http('POST', '/api/v1/remediations', ask, { prefer: 'wait=20' });
  expect(answer).toMatchObject({ status: 200, body: { outcome: 'dry_run' } });
  expect((await ground.mesh.http('GET', '/health')).status).toBe(200);
  const memory = await Promise.all(
    processes.map(async ({ service, pid }) => ({ service, mib: Math.round(await residentMiB(pid)) })),
  );
  found.mib = Math.max(found.mib, ...memory.map(({ mib }) => mib));
  expect(memory.filter(({ mib }) => mib >= mostMiB)).toEqual([]);
}

it('every question to a service is answered, and what is wrong with it is named by its field', {
  timeout,
}, async () => {
  const asked = await askAll(port(), rpcMessages(await verbs(), maxPayload), share(0.3));
  found.messages += asked.length;
  found.answered += asked.filter(({ answer }) => answer).length;
  const wrong: string[] = [];
  for (const { message, answer } of asked) {
    const code = Number(/Nats-Service-Error-Code: (\d+)/.exec(answer?.headers ?? '')?.[1] ?? 200);
    const problem = JSON.parse(answer?.body || '{}') as {
      code?: string;
      errors?: readonly { field?: string }[];
    };
    const named = problem.errors?.some(({ field }) => field) === true;
    if (code === 400 && named) found.refused_by_field += 1;
    if (!answer || code >= 500 || (code === 400 && !named)) {
      wrong.push(`${message.subject} ${shown(message)}: ${code} ${answer?.body.slice(0, 300)}`);
    }
  }
  expect(wrong.slice(0, 5), `seed ${seed}, ${wrong.length} in all`).toEqual([]);
  await stillServes();
});

it('whatever comes to the inbox is taken up or becomes a dead letter, and nothing waits for ever', {
  timeout,
}, async () => {
  found.messages += (await publishAll(port(), bus(), inboxMessages(maxPayload), share(0.35))).length;
  await untilLeft(bus(), 0, patienceMs);
  const reasons = new Set(letters.map(({ reason }) => reason));
  expect([...reasons]).toEqual(expect.arrayContaining(['invalid_event', 'not_json', 'too_large']));
  await stillServes();
});

it('what somebody put where facts stand is a dead letter with its reason, unless it could be one', {
  timeout,
}, async () => {
  const sent = await publishAll(port(), bus(), insideMessages(maxPayload), share(0.3));
  found.messages += sent.length;
  await untilLeft(bus(), 0, patienceMs);
  const buried = new Set(letters.map(({ subject }) => subject));
  const handled = /^hemostat\.remediation\.[^.]+\.(requested|finished|step\..+|decided\.local)$/;
  const lost: string[] = [];
  for (const each of sent) {
    if (!handled.test(each.subject) || isFact(each) || buried.has(each.subject)) continue;
    // The server itself refused some: wrong expectations, wildcards, what it takes for a repetition.
    const stored = await bus()
      .jsm.streams.getMessage(streams.facts, { last_by_subj: each.subject })
      .catch(() => null);
    if (stored?.subject === each.subject && Buffer.compare(stored.data, each.payload) === 0) {
      lost.push(`${each.subject} ${shown(each)}`);
    }
  }
  expect(lost.slice(0, 5), `seed ${seed}`).toEqual([]);
  await stillServes();
});

it('what somebody put into the memory of safety and audit stops neither, nor what does not depend on it', {
  timeout,
}, async () => {
  found.messages += (await publishAll(port(), bus(), memoryMessages(maxPayload), share(0.05))).length;
  await stillServes();
  await untilLeft(bus(), 0, patienceMs);
  const verified = await callRpc(
    bus(),
    rpcSubject('audit', 'verify'),
    auditVerbs.verify,
    {},
    { timeoutMs: 60_000 },
  );
  expect(verified).toMatchObject({ ok: true });
});

function isFact({ subject, payload }: RawMessage): boolean {
  try {
    const fact = parseFact(factSchema, subject, Buffer.from(payload).toString());
    // No decision is acted upon without a signature; the others are not looked at.
    return fact.type !== 'decided' || fact.verdict !== 'approved';
  } catch {
    return false;
  }
}

function shown({ headers, payload }: RawMessage): string {
  const head =
    headers === undefined ? '' : JSON.stringify(Buffer.from(headers).toString('latin1').slice(0, 200));
  return `${head} ${JSON.stringify(Buffer.from(payload).toString('latin1').slice(0, 300))}`;
}
