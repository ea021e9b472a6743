import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayGround, startGatewayGround } from '#libs/testing/gateway-ground';
import { until } from '#libs/testing/until';
import { startSafety } from '../../safety/service.ts';
import { startGateway } from '../service.ts';

let ground: GatewayGround;
beforeAll(async () => {
  ground = await startGatewayGround({ startSafety, startGateway });
});
afterAll(() => ground[Symbol.asyncDispose]());

const order = ['requested', 'decided', 'started', 'executed', 'finished', 'complete'];
const fresh = (): string => `patient-${randomUUID().slice(0, 8)}`;

async function heal(container: string): Promise<string> {
  const wish = { container, action: 'restart' };
  return (await ground.api.post('/api/v1/remediations', wish, { prefer: 'wait=20' })).body.remediation_id;
}

type Told = { readonly id: number; readonly type: string; readonly data: Record<string, unknown> };

interface Listener extends AsyncDisposable {
  readonly heard: () => string;
  readonly told: () => readonly Told[];
}

/** Listens from the moment at which this resolves. */
async function listenTo(query = '', lastEventId?: number): Promise<Listener> {
  const leaving = new AbortController();
  const answer = await fetch(`${ground.other.url}/api/v1/events${query}`, {
    signal: leaving.signal,
    headers: lastEventId === undefined ? {} : { 'last-event-id': `${lastEventId}` },
  });
  expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  let text = '';
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of answer.body ?? []) text += decoder.decode(chunk, { stream: true });
  })().catch(() => {});
  const told = (): readonly Told[] =>
    [...text.matchAll(/^id: (\d+)\nevent: (\w+)\ndata: (.+)\n\n/gm)].map(([, id, type = '', data = '']) => ({
      id: Number(id),
      type,
      data: JSON.parse(data),
    }));
  return {
    told,
    heard: () => text,
    [Symbol.asyncDispose]: async () => {
      leaving.abort();
      await reading;
    },
  };
}

describe('the events of all remediations', () => {
  it('come from now on, each once and in order, and say what they belong to', async () => {
    await heal(fresh());
    await using listener = await listenTo();
    const containers = [fresh(), fresh()];
    const ids = await Promise.all(containers.map(heal));
    const told = await until('both were told', () => {
      const all = listener.told();
      return all.length === 2 * order.length ? all : undefined;
    });
    for (const [at, id] of ids.entries()) {
      const own = told.filter(({ data }) => data.remediation_id === id);
      expect(own.map(({ type }) => type)).toEqual(order);
      for (const { data } of own) {
        expect(data).toMatchObject({
          message: expect.any(String),
          asked: { container: containers[at], action: 'restart', principal: 'anonymous', dry_run: false },
        });
      }
    }
    expect(told.map(({ id }) => id)).toEqual(told.map(({ id }) => id).toSorted((a, b) => a - b));
  });

  it('are those of one container when one is named', async () => {
    const wanted = fresh();
    await using listener = await listenTo(`?container=${wanted}`);
    await heal(fresh());
    await heal(wanted);
    const told = await until('it was told', () => {
      const all = listener.told();
      return all.length === order.length ? all : undefined;
    });
    expect(told.every(({ data }) => JSON.stringify(data.asked).includes(wanted))).toBe(true);
  });

  it('go on after the one that was received last, also when none was received yet', async () => {
    await using before = await listenTo();
    const start = await until('it says where it stands', () => /^id: (\d+)\n\n/m.exec(before.heard())?.[1]);
    const id = await heal(fresh());
    await using after = await listenTo('', Number(start));
    const told = await until('it was told', () => {
      const own = after.told().filter(({ data }) => data.remediation_id === id);
      return own.length === order.length ? own : undefined;
    });
    await using rest = await listenTo('', told[3]?.id ?? 0);
    await until('the rest was told', () => rest.told().length >= 2);
    expect(rest.told().slice(0, 2)).toEqual(told.slice(4));
  });

  it('never end by themselves, and a number that was never given out hides nothing', async () => {
    await using listener = await listenTo('', 999_999_999);
    const id = await heal(fresh());
    await until('it was told', () => listener.told().some(({ data }) => data.remediation_id === id));
  });
});
