import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#libs/runtime/clock';
import { readConfig } from '#libs/runtime/config';
import { createLog } from '#libs/runtime/log';
import { sendRaw } from '../../../tests/proof/http-fuzz/send.ts';
import { openAccess } from '../access.ts';
import { gatewaySettingsSchema } from '../config.ts';
import { createMeshLink } from '../mesh-link.ts';
import { buildGateway } from './app.ts';
import type { App } from './app-type.ts';

const log = createLog({ service: 'gateway', level: 'silent', format: 'json' });
const token = 'a-token-of-some-length';

function build(env: NodeJS.ProcessEnv = {}): Promise<App> {
  const settings = readConfig(gatewaySettingsSchema, env);
  const link = createMeshLink();
  return buildGateway({ settings, access: openAccess(settings, log), link, log, clock: systemClock });
}

let app: App;
let port: number;
beforeAll(async () => {
  app = await build();
  await app.listen({ port: 0, host: '127.0.0.1' });
  ({ port } = app.server.address() as AddressInfo);
});
afterAll(() => app.close());

describe('without the mesh', () => {
  it('lives, is not ready, and says what is away and what to do', async () => {
    expect((await app.inject('/health/live')).statusCode).toBe(200);
    for (const path of ['/health', '/health/ready']) {
      const answer = await app.inject(path);
      expect(answer.statusCode).toBe(503);
      expect(answer.json()).toMatchObject({
        status: 'unavailable',
        parts: {
          nats: { ok: false, cause: 'NATS cannot be reached', remedy: expect.stringContaining('NATS_URL') },
        },
      });
    }
  });

  it('refuses requests with 503, the cause and when to try again', async () => {
    const body = { container: 'web-1', action: 'restart' };
    const answer = await app.inject({ method: 'POST', url: '/api/v1/remediations', body });
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('5');
    expect(answer.json()).toMatchObject({
      code: 'nats_unavailable',
      detail: expect.stringContaining('NATS_URL'),
    });
  });
});

describe('documents', () => {
  it('describe every route in OpenAPI 3.1', async () => {
    const { openapi, paths } = (await app.inject('/openapi.json')).json();
    expect(openapi).toBe('3.1.0');
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining([
        '/api/v1/remediations',
        '/api/v1/remediations/{id}',
        '/api/v1/action/restart-target-api',
        '/api/v1/safety/status',
        '/api/v1/audit',
        '/health',
      ]),
    );
    const restart = paths['/api/v1/action/restart-target-api'].post;
    expect(restart.parameters).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ in: 'query', name: 'dry_run', schema: { type: 'boolean' } }),
      ]),
    );
  });

  it('want no body for an action, however a client says that it sends none', async () => {
    const { paths } = (await app.inject('/openapi.json')).json();
    const type = (name: string): string => `content-type: ${name}\r\n`;
    const chunked = 'transfer-encoding: chunked\r\n';
    const ways = [
      '',
      type('application/json'),
      type('text/plain'),
      `${type('text/plain')}content-length: 0\r\n`,
    ];
    for (const [path, { post }] of Object.entries<Record<string, { requestBody?: unknown }>>(paths)) {
      if (!path.startsWith('/api/v1/action/') || !post) continue;
      expect(post.requestBody).toBeUndefined();
      const url = path.endsWith('stop-chaos-attack') ? `${path}?attack_id=x` : path;
      for (const way of [...ways, chunked, chunked + type('application/json')]) {
        const head = `POST ${url} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n${way}\r\n`;
        const answer = await sendRaw(port, way.includes(chunked) ? `${head}0\r\n\r\n` : head, 5_000);
        expect([path, way, answer.slice(0, 12)]).toEqual([path, way, 'HTTP/1.1 503']);
      }
    }
  });

  it('name every operation, each by a name of its own', async () => {
    const { paths } = (await app.inject('/openapi.json')).json();
    const operations = Object.values<Record<string, { operationId?: string }>>(paths).flatMap(Object.values);
    const names = operations.map(({ operationId }) => operationId);
    expect(names).not.toContain(undefined);
    expect(new Set(names).size).toBe(names.length);
  });

  it('say of every operation how it refuses, health too: a bad query was answered as documented nowhere', async () => {
    const { paths } = (await app.inject('/openapi.json')).json();
    for (const methods of Object.values<Record<string, { responses: object }>>(paths)) {
      for (const { responses } of Object.values(methods)) expect(Object.keys(responses)).toContain('4XX');
    }
  });

  it('are there with a slash at the end, too', async () => {
    for (const page of ['/docs/', '/redoc/']) expect((await app.inject(page)).statusCode).toBe(200);
  });

  it('come with everything they need: no page loads anything from another place', async () => {
    for (const page of ['/', '/docs', '/redoc']) {
      const answer = await app.inject(page);
      expect(answer.statusCode).toBe(200);
      expect(answer.headers['content-security-policy']).not.toMatch(/https?:/);
      const links = [...answer.body.matchAll(/(?:src|href|spec-url)="([^"]+)"/g)].map(([, url]) => url ?? '');
      expect(links.length).toBeGreaterThan(1);
      for (const link of links.filter((each) => !/\/api\/|\/health/.test(each))) {
        expect(link).toMatch(/^\//);
        expect((await app.inject(link)).statusCode).toBe(200);
      }
    }
  });

  it('do not send the document to a validator', async () => {
    const script = await app.inject('/docs/static/swagger-initializer.js');
    expect(script.body).toContain('"validatorUrl":null');
  });
});

describe('every error is a problem document', () => {
  const json = { 'content-type': 'application/json' };
  const url = '/api/v1/remediations';
  const long = JSON.stringify('x'.repeat(70_000));
  const text = { 'content-type': 'text/plain' };
  it.each([
    [404, 'not_found', 'an unknown path', { method: 'GET', url: '/nope' }],
    [404, 'not_found', 'an unknown file', { method: 'GET', url: '/docs/static/nope.js' }],
    [400, 'invalid_request', 'a broken URL', { method: 'GET', url: '/%zz' }],
    [405, 'method_not_allowed', 'another method', { method: 'PUT', url }],
    [415, 'unsupported_media_type', 'another type', { method: 'POST', url, payload: 'a', headers: text }],
    [413, 'payload_too_large', 'a long body', { method: 'POST', url, payload: long, headers: json }],
    [400, 'invalid_request', 'no JSON', { method: 'POST', url, payload: '{', headers: json }],
    [
      400,
      'invalid_request',
      'a prototype',
      { method: 'POST', url, payload: '{"__proto__":{}}', headers: json },
    ],
    [400, 'invalid_request', 'no body', { method: 'POST', url }],
  ] as const)('%i %s for %s', async (status, code, _what, request) => {
    const answer = await app.inject(request);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json()).toMatchObject({ status, code, type: `urn:hemostat:problem:${code}` });
    expect(answer.statusCode).toBe(status);
    expect(answer.body).not.toMatch(/node_modules|\.[jt]s:\d/);
  });

  it.each([
    ...[
      '/docs/static/../x',
      '/docs/static/../../package.json',
      '/docs/static/%2e%2e/x',
      '/docs/static/..%2fx',
    ],
    ...[
      '/docs/static/%00',
      '/docs/static/a%00.js',
      '/docs/static//x',
      '/docs/static/.',
      '/docs/static/\\..\\x',
    ],
    ...[
      `/docs/static/${'x'.repeat(5_000)}`,
      '//x',
      '//docs',
      '///',
      '/%00',
      '/docs/%00',
      '/redoc/../x',
      '/redoc/%00',
    ],
  ])('not_found for %j, as it comes over the wire', async (path) => {
    for (const method of ['GET', 'HEAD', 'POST']) {
      const request = `${method} ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`;
      const answer = await sendRaw(port, request, 5_000);
      expect(answer).toMatch(/^HTTP\/1.1 40[45] .*content-type: application\/problem\+json/is);
      if (method === 'GET') expect(answer).toContain('"code":"not_found"');
    }
  });

  it.each(['gzip', 'br', 'identity, gzip', 'x'])(
    'unsupported_media_type for a body in %s',
    async (encoding) => {
      const headers = { 'content-type': 'application/json', 'content-encoding': encoding };
      const answer = await app.inject({ method: 'POST', url, payload: gzipSync('{}'), headers });
      expect([answer.statusCode, answer.headers['accept-encoding']]).toEqual([415, 'identity']);
      expect(answer.json()).toMatchObject({ code: 'unsupported_media_type' });
      expect(answer.json().detail).toContain('without Content-Encoding');
      const plain = { ...headers, 'content-encoding': 'identity' };
      const action = '/api/v1/action/restart-target-api';
      expect(
        (await app.inject({ method: 'POST', url: action, payload: '{}', headers: plain })).statusCode,
      ).toBe(503);
      expect((await app.inject({ url: '/health/live', headers })).statusCode).toBe(200);
    },
  );

  it('says which methods a path takes', async () => {
    expect((await app.inject({ method: 'DELETE', url: '/health' })).headers.allow).toBe('GET, HEAD');
  });

  it('says in plain words what is wrong with a field', async () => {
    const messages = async (body: object) => (await app.inject({ method: 'POST', url, body })).json().errors;
    expect(await messages({ action: 'restart', confidence: 2, dry_run: 'yes' })).toEqual([
      { field: 'confidence', message: 'must be at most 1' },
      { field: 'dry_run', message: 'must be true or false' },
      { field: 'container', message: 'is missing' },
    ]);
    expect((await app.inject({ method: 'POST', url })).json().detail).toContain('body: is missing');
    const bad = { kill_switch: 'on', until: 'soon', reason: 'x' };
    const answer = await app.inject({ method: 'POST', url: '/api/v1/safety/control', body: bad });
    expect(answer.json().errors).toEqual([
      { field: 'until', message: expect.stringContaining('such as 2026-01-31T12:00:00Z') },
    ]);
  });

  it('names every bad field of body, query, path and headers', async () => {
    const fields = async (request: object) =>
      (await app.inject(request)).json().errors.map(({ field }: { field: string }) => field);
    const body = { container: '../x', action: 'explode', confidence: 1.5, dry_run: 'yes', foo: 1 };
    const headers = { prefer: 'wait=soon' };
    expect(await fields({ method: 'POST', url, body })).toEqual([
      ...['container', 'action', 'confidence', 'dry_run', 'foo'],
    ]);
    expect(
      await fields({ method: 'POST', url, body: { container: 'a', action: 'restart' }, headers }),
    ).toEqual(['headers.prefer']);
    const action = '/api/v1/action/restart-target-api';
    expect(await fields({ method: 'POST', url: `${action}?dryrun=true` })).toEqual(['query.dryrun']);
    expect(await fields({ method: 'POST', url: `${action}?dry_run=maybe` })).toEqual(['query.dry_run']);
    expect(await fields({ method: 'POST', url: `${action}?dry_run=1&dry_run=0` })).toEqual(['query.dry_run']);
    expect(await fields({ method: 'POST', url: action, body: { dry_run: true } })).toEqual(['dry_run']);
    expect(await fields({ method: 'GET', url: '/api/v1/audit?limit=0&since=yesterday' })).toEqual([
      ...['query.since', 'query.limit'],
    ]);
    expect(await fields({ method: 'GET', url: '/health?verbose=1' })).toEqual(['query.verbose']);
    expect(await fields({ method: 'GET', url: `${url}/x` })).toEqual(['path.id']);
  });
});

const bodies: Readonly<Record<string, object>> = {
  '/api/v1/remediations': { container: 'web-1', action: 'restart' },
  '/api/v1/safety/reset': { all: true, reason: 'x' },
  '/api/v1/safety/control': { reason: 'x' },
};

describe('who may come in', () => {
  it('needs a token where one is set, and only health and documents go without', async () => {
    await using closed = await build({ GATEWAY_TOKEN: token });
    const status = async (url: string, headers = {}) => (await closed.inject({ url, headers })).statusCode;
    const bearer = { authorization: `Bearer ${token}` };
    for (const open of ['/', '/health/live', '/openapi.json', '/docs', '/redoc'])
      expect(await status(open)).toBe(200);
    for (const path of ['/api/v1/audit', '/api/v1/targets', '/api/v1/safety/status']) {
      expect(await status(path)).toBe(401);
    }
    expect(await status('/api/v1/audit', { authorization: 'Bearer wrong' })).toBe(401);
    expect(await status('/api/v1/audit', bearer)).toBe(503);
  });

  it('lets nobody without a token do what its anonymous scopes do not say', async () => {
    await using half = await build({
      GATEWAY_HOST: '0.0.0.0',
      GATEWAY_TOKEN: token,
      GATEWAY_ANONYMOUS_SCOPES: 'observe',
    });
    expect((await half.inject('/api/v1/targets')).statusCode).toBe(503);
    const order = {
      method: 'POST' as const,
      url: '/api/v1/safety/control',
      body: { kill_switch: 'on', reason: 'x' },
    };
    const answer = await half.inject(order);
    expect([answer.statusCode, answer.headers['www-authenticate']]).toEqual([
      401,
      expect.stringContaining('Bearer'),
    ]);
  });

  it('refuses pages of other sites while it is open', async () => {
    const url = '/api/v1/action/restart-target-api';
    for (const headers of [{ origin: 'https://evil.example' }, { host: 'evil.example' }]) {
      expect((await app.inject({ method: 'POST', url, headers })).statusCode).toBe(403);
    }
    for (const open of ['/health', '/openapi.json', '/docs']) {
      expect((await app.inject({ url: open, headers: { host: 'evil.example' } })).statusCode).toBe(403);
    }
  });

  it('answers to names that may be rebound only where GATEWAY_ALLOWED_HOSTS has them, or with a token', async () => {
    const off = { GATEWAY_HOST: '0.0.0.0', GATEWAY_TOKEN: token, GATEWAY_ANONYMOUS_SCOPES: 'observe' };
    const bearer = { authorization: `Bearer ${token}` };
    for (const env of [{}, off]) {
      await using known = await build({ ...env, GATEWAY_ALLOWED_HOSTS: 'gateway, action-server:9000' });
      await using unknown = await build(env);
      for (const url of ['/api/v1/targets', '/api/v1/events', '/health/live']) {
        const status = async (gateway: App, headers: object) =>
          (await gateway.inject({ url, headers: { host: 'action-server:9000', ...headers } })).statusCode;
        expect([url, await status(known, {})]).toEqual([url, url === '/health/live' ? 200 : 503]);
        expect([url, await status(known, { host: 'evil.example' })]).toEqual([url, 403]);
        expect([url, await status(unknown, {})]).toEqual([url, 403]);
        expect([url, await status(unknown, { authorization: 'Bearer of-the-page' })]).toEqual([url, 403]);
        if (env === off) expect(await status(unknown, bearer)).not.toBe(403);
      }
    }
  });

  it('takes names and nothing else for GATEWAY_ALLOWED_HOSTS', () => {
    for (const GATEWAY_ALLOWED_HOSTS of ['http://action-server', '*', 'a b', 'a/b', '.example']) {
      expect(() => build({ GATEWAY_ALLOWED_HOSTS })).toThrow(/GATEWAY_ALLOWED_HOSTS.*action-server/);
    }
  });

  it('tells browsers with every answer that nobody may frame, sniff or load anything', async () => {
    for (const url of ['/health/live', '/nope', '/openapi.json', '/api/v1/targets', '/', '/redoc', '/docs']) {
      const { headers } = await app.inject(url);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['x-frame-options']).toBe('DENY');
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers['x-powered-by']).toBeUndefined();
    }
  });

  it('has said for every route who may use it, and that unknown query parameters are refused', async () => {
    const { paths } = (await app.inject('/openapi.json')).json();
    for (const [path, operations] of Object.entries<object>(paths)) {
      for (const method of Object.keys(operations).map((name) => name.toUpperCase() as 'GET' | 'POST')) {
        const url = `${path.replace('{id}', '00000000-0000-4000-8000-000000000000')}?surprise=1`;
        const answer = await app.inject({ method, url, body: bodies[path] ?? {} });
        expect([url, answer.statusCode]).toEqual([url, 400]);
        expect(answer.body).toContain('query.surprise');
      }
    }
  });
});
