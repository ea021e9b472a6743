import { randomUUID } from 'node:crypto';
import { EventSource } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stateFact } from '#libs/bus/fact';
import { readRemediation } from '#libs/bus/remediation-record';
import { requestedSchema } from '#libs/contracts/facts';
import { requestedSubject } from '#libs/contracts/subjects';
import { aRequested, aTarget } from '#libs/testing/examples';
import { type GatewayGround, startGatewayGround } from '#libs/testing/gateway-ground';
import { until } from '#libs/testing/until';
import { startSafety } from '../../safety/service.ts';
import { startGateway } from '../service.ts';

let ground: GatewayGround;
beforeAll(async () => {
  ground = await startGatewayGround({ startSafety, startGateway });
});
afterAll(() => ground[Symbol.asyncDispose]());
const path = '/api/v1/remediations';
const fresh = (): string => `patient-${randomUUID().slice(0, 8)}`;
const order = ['requested', 'decided', 'started', 'executed', 'finished', 'complete'];

async function healed(): Promise<string> {
  const wish = { container: fresh(), action: 'restart' };
  const { body } = await ground.api.post(path, wish, { prefer: 'wait=20' });
  expect(body.outcome).toBe('recovered');
  return body.remediation_id;
}

type Told = { readonly id: number; readonly type: string; readonly data: Record<string, unknown> };

function eventsIn(text: string): readonly Told[] {
  return [...text.matchAll(/^id: (\d+)\nevent: (\w+)\ndata: (.+)\n\n/gm)].map(
    ([, id, type = '', data = '']) => ({
      id: Number(id),
      type,
      data: JSON.parse(data),
    }),
  );
}

describe('the events of a remediation', () => {
  it('are its facts in order, in words too, and the stream ends with the end', async () => {
    const id = await healed();
    const answer = await ground.api.get(`${path}/${id}/events`);
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const told = eventsIn(answer.body);
    expect(told.map(({ type }) => type)).toEqual(order);
    const { timeline } = (await ground.api.get(`${path}/${id}`)).body;
    expect(told.map(({ data }) => data.message)).toEqual(
      timeline.map(({ message }: { message: string }) => message),
    );
    expect(told.at(-1)?.data).toMatchObject({ type: 'complete', remediation_id: id, outcome: 'recovered' });
  });

  it('of a refusal and of a dry run end with the decision', async () => {
    const dry = await ground.api.post(path, { container: fresh(), action: 'restart', dry_run: true });
    const refused = await ground.api.post(path, { container: 'missing-1', action: 'restart' });
    for (const { body } of [dry, refused]) {
      const answer = await ground.other.get(`${path}/${body.remediation_id}/events`);
      expect(eventsIn(answer.body).map(({ type }) => type)).toEqual(['requested', 'decided']);
    }
  });

  it('come as they happen, to fifty listeners of two gateways, none twice and none left out', async () => {
    const listeners = await Promise.all(
      Array.from({ length: 50 }, async (_, n) => {
        const { body } = await ground.api.post(path, { container: fresh(), action: 'restart' });
        return (n % 2 ? ground.api : ground.other).get(`${path}/${body.remediation_id}/events`);
      }),
    );
    for (const { body } of listeners) expect(eventsIn(body).map(({ type }) => type)).toEqual(order);
  });

  it('go on after the one that was received last, wherever that was', async () => {
    const events = `${path}/${await healed()}/events`;
    const whole = eventsIn((await ground.api.get(events)).body);
    for (const [at, { id }] of whole.slice(0, -1).entries()) {
      const rest = await ground.other.call('GET', events, undefined, { 'last-event-id': `${id}` });
      expect(eventsIn(rest.body)).toEqual(whole.slice(at + 1));
    }
  });

  it('are over for who has received the last one: 204, so that an EventSource comes to rest', async () => {
    const events = `${path}/${await healed()}/events`;
    const last = eventsIn((await ground.api.get(events)).body).at(-1);
    for (const id of [last?.id ?? 0, 999_999_999]) {
      const answer = await ground.api.call('GET', events, undefined, { 'last-event-id': `${id}` });
      expect(answer).toMatchObject({ status: 204, body: '' });
    }
  });

  it('of what nobody asked for are a 404, and after what is no event a 400', async () => {
    expect(await ground.api.get(`${path}/${randomUUID()}/events`)).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    });
    const events = `${path}/${await healed()}/events`;
    for (const bad of ['-1', 'abc', '1.5', '1e3']) {
      expect(await ground.api.call('GET', events, undefined, { 'last-event-id': bad })).toMatchObject({
        status: 400,
        body: { errors: [{ field: 'headers.last-event-id' }] },
      });
    }
    expect((await ground.api.get(`${events}?since=1`)).status).toBe(400);
  });
});

async function readAll(answer: Response, heard: { text: string }): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of answer.body ?? []) heard.text += decoder.decode(chunk, { stream: true });
}

/** Approved, but no executor of its engine is there to take it up. */
async function waitingForAnEngine(): Promise<string> {
  const id = randomUUID();
  const requested = aRequested({ id, target: { ...aTarget(fresh()), engine: 'elsewhere' } });
  const { bus } = ground.context;
  await stateFact(bus, requestedSubject(id), requestedSchema, requested);
  await until('it is decided', async () => (await readRemediation(bus, id))?.decided);
  return id;
}

describe('an open stream of events', () => {
  it('is let go of when its caller leaves or the gateway stops, and no more than 64 of one principal are open', async () => {
    const env = { NATS_URL: ground.server.url, LOG_LEVEL: 'silent', GATEWAY_PORT: '0' };
    const stop = new AbortController();
    const gateway = await startGateway({ env, signal: stop.signal });
    const events = `${gateway.url}${path}/${await waitingForAnEngine()}/events`;
    const leaving = new AbortController();
    const open = await Promise.all(
      Array.from({ length: 64 }, () => fetch(events, { signal: leaving.signal })),
    );
    expect(open.every(({ status }) => status === 200)).toBe(true);
    const tooMany = await fetch(events);
    expect(tooMany.status).toBe(503);
    expect(tooMany.headers.get('retry-after')).toBe('5');
    expect(await tooMany.json()).toMatchObject({
      code: 'too_many_streams',
      detail: expect.stringContaining('principal anonymous has 64 event streams open'),
    });
    leaving.abort();
    const again = await until('there is room again', async () => {
      const answer = await fetch(events);
      return answer.status === 200 ? answer : undefined;
    });
    const heard = { text: '' };
    const ended = readAll(again, heard);
    await until('what stands was heard', () => eventsIn(heard.text).length === 2);
    stop.abort();
    await gateway[Symbol.asyncDispose]();
    await ended;
    expect(eventsIn(heard.text).map(({ type }) => type)).toEqual(['requested', 'decided']);
  });

  it('serves an EventSource: it hears each event once, comes back after the end, and rests', async () => {
    const { body } = await ground.api.post(path, { container: fresh(), action: 'restart' });
    const source = new EventSource(`${ground.api.url}${path}/${body.remediation_id}/events`);
    const heard: string[] = [];
    for (const type of order) source.addEventListener(type, () => heard.push(type));
    await until('it rests', () => source.readyState === EventSource.CLOSED);
    expect(heard).toEqual(order);
  });
});
