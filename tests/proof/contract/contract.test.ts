import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publishStored } from '#libs/bus/live';
import { parseJson } from '#libs/contracts/json';
import { inboxSubject } from '#libs/contracts/subjects';
import { startContainer, type TestContainer } from '#libs/testing/container';
import { testEngine } from '#libs/testing/docker-engine';
import { busyboxImage } from '#libs/testing/images';
import { type MeshGround, startMeshGround } from '#libs/testing/mesh-ground';
import { openApiCheck } from '#libs/testing/openapi-check';
import { playEndpoint } from '#libs/testing/played-endpoint';
import { until } from '#libs/testing/until';
import { operationsOf } from '../http-fuzz/operations.ts';
import { everythingStored } from '../stored-messages.ts';
import { tell } from '../tell.ts';
import { type Call, callsAbout } from './calls.ts';
import { messageKinds } from './message-schemas.ts';

const stack = new AsyncDisposableStack();
let ground: MeshGround;
let patient: TestContainer;

beforeAll(async () => {
  const { docker } = testEngine();
  patient = stack.use(
    await startContainer(docker, { image: await busyboxImage(docker), cmd: ['sleep', '100000'] }),
  );
  const target = stack.use(await playEndpoint());
  target.on('GET /api/v1/health/system', { body: { status: 'ok' } });
  ground = stack.use(
    await startMeshGround({
      env: {
        TARGET_API_CONTAINER: patient.name,
        TARGET_DB_CONTAINER: patient.name,
        TARGET_SERVER_URL: target.url,
        RESPONDER_COOLDOWN_SECONDS: '0',
      },
    }),
  );
});
afterAll(() => stack[Symbol.asyncDispose]());

async function callWith(call: Call): Promise<{ status: number; contentType: string | null; body: unknown }> {
  const url = ground.mesh.of('gateway')[0]?.url ?? '';
  const stop = new AbortController();
  const response = await fetch(`${url}${call.path}`, {
    method: call.method,
    headers: { ...(call.body === undefined ? {} : { 'content-type': 'application/json' }), ...call.headers },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    signal: stop.signal,
  });
  const contentType = response.headers.get('content-type');
  const streams = contentType?.startsWith('text/event-stream') ?? false;
  const text = streams ? '' : await response.text();
  if (streams) stop.abort();
  return {
    status: response.status,
    contentType,
    body: contentType?.includes('json') ? JSON.parse(text) : text,
  };
}

describe('what the mesh says', () => {
  it('over HTTP is as its OpenAPI document says, on every route, for good and for bad', async () => {
    const url = ground.mesh.of('gateway')[0]?.url ?? '';
    const served: unknown = await (await fetch(`${url}/openapi.json`)).json();
    const check = openApiCheck(served);
    const { body } = await ground.post({ container: patient.name, action: 'restart' }, { prefer: 'wait=60' });
    expect(body).toMatchObject({ state: 'complete' });
    const seen = new Map<string, Set<'good' | 'bad'>>();
    const calls = callsAbout(patient.name, String(body.remediation_id));
    for (const call of calls) {
      const answer = await callWith(call);
      expect(check({ method: call.method, path: call.path ?? '', ...answer })).toEqual([]);
      const key = `${call.method} ${call.template}`;
      seen.set(key, (seen.get(key) ?? new Set()).add(answer.status < 400 ? 'good' : 'bad'));
    }
    const documented = operationsOf(served).map(({ method, template }) => `${method} ${template}`);
    for (const operation of documented)
      expect([...(seen.get(operation) ?? [])].sort(), operation).toEqual(['bad', 'good']);
    tell('P1 HTTP', { operations: documented.length, answers: calls.length, undocumented: 0 });
  });

  it('over NATS fits the schema of its subject, and every kind of message is among it', async () => {
    await publishStored(ground.client.bus, inboxSubject, { nonsense: true });
    await until('the dead letter is in the audit', async () => {
      const { body } = await ground.mesh.http('GET', '/api/v1/audit?event=dead_letter');
      return JSON.stringify(body).includes('"dead_letter"') || undefined;
    });
    const seen = new Map<string, number>();
    for (const messages of (await everythingStored(ground.client.bus)).values()) {
      for (const { subject, text } of messages) {
        const [name, kind] =
          Object.entries(messageKinds).find(([, each]) => each.subject.test(subject)) ?? [];
        expect(name, `${subject} has a form that nobody knows`).toBeDefined();
        const body = kind?.isText ? text : parseJson(text);
        expect(kind?.schema.safeParse(body).error?.issues ?? [], subject).toEqual([]);
        seen.set(name ?? '', (seen.get(name ?? '') ?? 0) + 1);
      }
    }
    expect([...seen.keys()].sort()).toEqual(Object.keys(messageKinds).sort());
    tell('P1 NATS', { kinds: seen.size, ...Object.fromEntries(seen), unfit: 0 });
  });
});
