import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EndpointCall } from '#libs/actions/endpoint-port';
import { systemClock } from '#libs/runtime/clock';
import { type PlayedEndpoint, playEndpoint } from '#libs/testing/played-endpoint';
import { type Endpoints, openEndpoints } from './endpoints.ts';

let server: PlayedEndpoint;
let endpoints: Endpoints;
beforeAll(async () => {
  server = await playEndpoint();
  const addresses = {
    chaos: `${server.url}/`,
    'scale-pool': `${server.url}/pool`,
    'rotate-credentials': undefined,
  };
  endpoints = openEndpoints(addresses, 'canary-token', systemClock);
});
afterAll(async () => {
  await endpoints[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const none = { chaos: undefined, 'scale-pool': undefined, 'rotate-credentials': undefined };
const never = new AbortController().signal;
const stop: EndpointCall = { endpoint: 'chaos', method: 'POST', path: ['api', 'x'] };
const scale: EndpointCall = { endpoint: 'scale-pool', method: 'POST', path: [], body: { size: 20 } };

describe('a call to an endpoint', () => {
  it('goes to the configured address with its body and the token, and brings the answer back', async () => {
    server.on('POST /pool', { status: 207, body: { ok: true } });
    expect(await endpoints.call(scale, never)).toEqual({ status: 207, body: { ok: true } });
    expect(server.asked('POST /pool')).toMatchObject([
      { authorization: 'Bearer canary-token', body: '{"size":20}' },
    ]);
  });

  it('gives the chaos server no token', async () => {
    await endpoints.call(stop, never);
    expect(server.asked('POST /api/x')).toMatchObject([{ authorization: undefined, body: '' }]);
  });

  it('is not sent on where the answer points to, and with it the token: a redirect is an answer', async () => {
    await using elsewhere = await playEndpoint();
    await using pointing = createServer((_, response) => {
      response.writeHead(307, { location: `${elsewhere.url}/stolen` }).end();
    }).listen(0, '127.0.0.1');
    await once(pointing, 'listening');
    const { port } = pointing.address() as AddressInfo;
    const addresses = { ...none, 'scale-pool': `http://127.0.0.1:${port}/pool` };
    await using redirected = openEndpoints(addresses, 'canary-token', systemClock);
    expect(await redirected.call(scale, never)).toMatchObject({ status: 307 });
    expect(elsewhere.asked('POST /stolen')).toEqual([]);
  });

  it('makes one segment of each part of the path, whatever stands in it', async () => {
    await endpoints.call({ ...stop, method: 'GET', path: ['api', 'a/../b?c#d'] }, never);
    expect(server.asked('GET /*').map(({ path }) => path)).toEqual(['/api/a%2F..%2Fb%3Fc%23d']);
  });

  it('has no body when the answer is longer or more deeply nested than anybody reads', async () => {
    const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) });
    for (const body of ['x'.repeat(70_000), nested(4_000), nested(33)]) {
      server.on('POST /pool', { body });
      expect(await endpoints.call(scale, never)).toEqual({ status: 200, body: undefined });
    }
    server.on('POST /pool', { body: nested(32) });
    expect(await endpoints.call(scale, never)).toEqual({ status: 200, body: nested(32) });
  });
});

describe('a call that has no answer', () => {
  it('was not heard where nobody listens', async () => {
    const gone = await playEndpoint();
    await gone[Symbol.asyncDispose]();
    await using away = openEndpoints(
      { chaos: gone.url, 'scale-pool': undefined, 'rotate-credentials': undefined },
      undefined,
      systemClock,
    );
    await expect(away.call(stop, never)).rejects.toMatchObject({
      kind: 'not_reached',
      message: 'The endpoint of CHAOS_SERVER_URL cannot be reached (ECONNREFUSED)',
    });
  });

  it('may have been heard when time is up', async () => {
    server.on('POST /pool', 'silence');
    const late = endpoints.call(scale, AbortSignal.timeout(50));
    await expect(late).rejects.toMatchObject({
      kind: 'no_answer',
      message: expect.stringContaining('in time'),
    });
  });

  it('is not made at all where the setting is missing', async () => {
    expect(endpoints.missing('rotate-credentials')).toBe('ROTATE_CREDENTIALS_URL');
    expect(endpoints.missing('chaos')).toBeUndefined();
    const rotate: EndpointCall = { endpoint: 'rotate-credentials', method: 'POST', path: [] };
    await expect(endpoints.call(rotate, never)).rejects.toMatchObject({ kind: 'not_reached' });
  });
});
