import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dockerApi } from '#libs/testing/docker-api';
import { type Ear, startEar } from '#libs/testing/ear';
import { decisionFor, type GuardGround, startGuard } from '#libs/testing/guard-ground';

const id = 'ab'.repeat(32);
const service = 'a1'.repeat(12).concat('z');
const image = encodeURIComponent(`sha256:${id}`);
/** Whatever is asked here safety has approved. */
const decision = decisionFor({
  containers: [id],
  images: [`sha256:${id}`],
  volumes: ['data'],
  service: { id: service, version: 0 },
});

/** With each the one query under which it is passed on, once what it is about has been looked at. */
const needed: Readonly<Record<string, string>> = {
  'GET /_ping': '',
  'GET /info': '',
  'GET /events': `filters=${encodeURIComponent('{"type":["container"],"event":["start"]}')}`,
  'GET /containers/json': 'all=true',
  'GET /containers/{id}/json': '',
  'GET /containers/{id}/logs': 'stdout=true&stderr=true&tail=200',
  'GET /containers/{id}/changes': '',
  'HEAD /containers/{id}/archive': 'path=%2Frun%2Fsecrets%2Fkey',
  'GET /exec/{id}/json': '',
  'GET /images/json': 'all=true',
  'GET /images/{image}/json': '',
  'GET /volumes/data': '',
  'GET /system/df': 'type=image',
  'GET /services': '',
  'GET /tasks': `filters=${encodeURIComponent('{"service":["a1b2"]}')}`,
  'POST /containers/{id}/restart': 't=10',
  'POST /containers/{id}/stop': 't=10',
  'POST /containers/{id}/start': '',
  'POST /containers/{id}/pause': '',
  'POST /containers/{id}/unpause': '',
  'POST /containers/{id}/kill': 'signal=SIGKILL',
  'POST /containers/{id}/update': '',
  'POST /containers/{id}/exec': '',
  'POST /exec/{id}/start': '',
  'POST /containers/create': 'name=shop-api-2',
  'POST /networks/{id}/connect': '',
  'POST /services/{service}/update': 'version=7',
  'DELETE /containers/{id}': 'v=false',
  'DELETE /images/{image}': 'force=false&noprune=true',
  'DELETE /volumes/data': 'force=false',
};
const furtherForms: Readonly<Record<string, readonly string[]>> = {
  'DELETE /containers/{id}': ['v=true&force=true'],
  'POST /containers/create': ['name=x'],
  'POST /services/{service}/update': ['version=1'],
  'POST /containers/{id}/kill': ['signal=SIGTERM'],
};
/** Some that each call may have, somewhere or at Docker's, and that it has not here. */
const queries = [
  ...['', 'all=true', 'v=true&force=true', 't=10', 't=9999', 'name=x', 'signal=SIGTERM', 'version=1'],
  'filters={}',
];

let ear: Ear;
let guard: GuardGround;
beforeAll(async () => {
  ear = await startEar();
  guard = await startGuard({}, ear);
});
afterAll(async () => {
  await guard[Symbol.asyncDispose]();
  await ear[Symbol.asyncDispose]();
});
beforeEach(() => void ear.heard.splice(0));

async function ask(
  call: string,
  query: string,
  body?: object,
  headers: Record<string, string> = {},
  { socketPath } = guard,
) {
  const [method = '', template = ''] = call.split(' ');
  const path = template.replace('{id}', id).replace('{image}', image).replace('{service}', service);
  const sent = body && JSON.stringify(body);
  const asked = request({
    socketPath,
    method,
    path: query === '' ? path : `${path}?${query}`,
    headers: {
      ...(sent ? { 'content-type': 'application/json' } : {}),
      'hemostat-decision': decision,
      ...headers,
    },
    agent: false,
  });
  asked.end(sent);
  const [answer] = await once(asked, 'response');
  return { status: answer.statusCode as number, said: await text(answer) };
}

describe('of the whole of the Docker API', () => {
  it('nothing is passed on but what the catalogue needs, in the form in which it does', async () => {
    expect(Object.keys(needed).filter((call) => !dockerApi.includes(call))).toEqual([]);
    for (const call of dockerApi) {
      const own = needed[call];
      const also: readonly string[] = furtherForms[call] ?? [];
      const refused = queries.filter(
        (query) => own === undefined || (query !== own && !also.includes(query)),
      );
      const answers = await Promise.all(refused.map((query) => ask(call, query)));
      const isNo = answers.map(
        ({ status, said }) =>
          status === 403 && (call.startsWith('HEAD') || said.includes('docker-guard refuses: ')),
      );
      expect({ call, passed: refused.filter((_, at) => !isNo[at]) }).toEqual({ call, passed: [] });
    }
    expect(ear.heard).toEqual([]);
  });

  it('what only reads is passed on as it is, and before all else the guard looks itself', async () => {
    for (const [call, query] of Object.entries(needed)) {
      ear.heard.splice(0);
      const [method, template = ''] = call.split(' ');
      const bodies: Readonly<Record<string, object>> = {
        update: { Memory: 7e7 },
        exec: { Cmd: ['ps'] },
        start: { Detach: false, Tty: false },
        create: { Image: 'x', Labels: {} },
        connect: { Container: id, EndpointConfig: {} },
      };
      const verb = template.split('/').at(-1) ?? '';
      const body =
        template === '/containers/{id}/start' ? undefined : method === 'POST' ? bodies[verb] : undefined;
      await ask(call, query, call.startsWith('POST /services') ? {} : body);
      expect({ call, changes: ear.heard.filter((line) => !/^(GET|HEAD) /.test(line)) }).toEqual({
        call,
        changes: [],
      });
      if (method === 'GET' || method === 'HEAD') expect(ear.heard).toHaveLength(1);
    }
  });

  it('every line of it is told with its cause and a remedy, in the form of an error of Docker', async () => {
    const { said } = await ask('POST /containers/prune', '');
    expect(JSON.parse(said)).toEqual({
      message:
        'docker-guard refuses: no action of the catalogue needs POST /containers/prune. To go on: use an action of the catalogue, or call Docker by hand on its own socket',
    });
  });

  it('a body is held to its length, its kind and its form before anything is looked at', async () => {
    const wrong: readonly (readonly [string, object, Record<string, string>])[] = [
      ['POST /containers/{id}/update', { Memory: 1, RestartPolicy: { Name: 'always' } }, {}],
      ['POST /containers/{id}/update', { Memory: '1' }, {}],
      ['POST /containers/{id}/update', { Memory: 1 }, { 'content-type': 'text/plain' }],
      ['POST /containers/{id}/update', { Memory: 1, x: 'x'.repeat(2_000) }, {}],
      ['POST /containers/{id}/exec', { Cmd: ['ps', 'x'.repeat(33_000)] }, {}],
      ['POST /exec/{id}/start', { Detach: true, Tty: false }, {}],
      ['POST /exec/{id}/start', { Detach: false, Tty: false, ConsoleSize: [1, 1] }, {}],
      ['POST /containers/{id}/pause', { a: 1 }, {}],
      ['POST /containers/{id}/start', { HostConfig: { Privileged: true } }, {}],
    ];
    for (const [call, body, headers] of wrong) {
      expect({ call, body, status: (await ask(call, '', body, headers)).status }).toEqual({
        call,
        body,
        status: 403,
      });
    }
    expect(ear.heard).toEqual([]);
  });
});

describe('what the guard cannot make out', () => {
  const changes = Object.entries(needed).filter(([call]) =>
    /^(POST|DELETE) .*(container|image|service|volume)/.test(call),
  );
  const bodies: Readonly<Record<string, object>> = {
    'POST /containers/{id}/update': { Memory: 7e7 },
    'POST /containers/{id}/exec': { Cmd: ['ps'] },
    'POST /containers/create': { Image: 'x', Labels: {} },
    'POST /services/{service}/update': {},
  };

  it.each([200, 500, 503, 301])(
    'is not passed on: Docker says %d and nothing that is known',
    async (status) => {
      await using strange = await startEar(() => ({ status }));
      await using own = await startGuard({}, strange);
      for (const [call, query] of changes) {
        const answer = await ask(call, query, bodies[call], {}, own);
        expect({ call, status: answer.status }).toEqual({ call, status: 403 });
      }
      expect(strange.heard.filter((line) => !line.startsWith('GET '))).toEqual([]);
    },
  );

  it('is told as Docker being away where it is away, and not as its no', async () => {
    await using own = await startGuard({}, { dockerHost: 'unix:///nowhere/docker.sock' });
    for (const [call, query] of [...changes, ['GET /_ping', ''] as const, ['GET /services', ''] as const]) {
      const { status, said } = await ask(call, query, bodies[call], {}, own);
      // Of a new container that is no copy of anything nothing need be looked at.
      if (call === 'POST /containers/create') expect(status).toBe(403);
      else
        expect({ call, status, said }).toMatchObject({
          status: 502,
          said: expect.stringContaining('cannot reach Docker'),
        });
    }
  });
});

describe('a call that is cut off', () => {
  const State = { Running: true, StartedAt: '2026-01-01T00:00:00Z' };
  const body = JSON.stringify({ Id: id, Name: '/web', Image: 'x', State, Config: { Labels: {} } });

  it('in the middle is cut off for the client, too: no answer is made up', async () => {
    await using broken = await startEar((line) => (line.startsWith('GET') ? { status: 200, body } : 'break'));
    await using own = await startGuard({}, broken);
    const asked = ask('POST /containers/{id}/restart', 't=10', undefined, {}, own);
    await expect(asked).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(broken.heard).toEqual([`GET /containers/${id}/json`, `POST /containers/${id}/restart?t=10`]);
  });

  it('by its client before the guard has looked is not passed on', async () => {
    const gone = Promise.withResolvers<void>();
    const looked = Promise.withResolvers<void>();
    await using slow = await startEar(async () => {
      looked.resolve();
      await gone.promise;
      return { status: 200, body };
    });
    await using own = await startGuard({}, slow);
    const path = `/containers/${id}/restart?t=10`;
    const headers = { 'hemostat-decision': decision };
    const asked = request({ socketPath: own.socketPath, method: 'POST', path, headers, agent: false });
    asked.on('error', () => {}).end();
    await looked.promise;
    asked.destroy();
    // It has heard of that once it has answered somebody who came later.
    await ask('POST /containers/prune', '', undefined, {}, own);
    gone.resolve();
    // What these find answered comes after what was to be passed on.
    for (const _ of [1, 2, 3]) await ask('GET /info', '', undefined, {}, own);
    expect(slow.heard.filter((line) => line !== 'GET /info')).toEqual([`GET /containers/${id}/json`]);
  });
});

describe('raw bytes', () => {
  const line = `POST /containers/${id}/kill?signal=SIGKILL HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`;
  const chunk = `${line.length.toString(16)}\r\n${line}\r\n0\r\n\r\n`;
  const head = `HTTP/1.1\r\nHost: x\r\n`;
  const tricks: Readonly<Record<string, string>> = {
    'a body in chunks beside a length': `GET /_ping ${head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`,
    'a body in chunks': `GET /_ping ${head}Transfer-Encoding: chunked\r\n\r\n${chunk}`,
    'an odd encoding': `GET /_ping ${head}Transfer-Encoding: xchunked\r\n\r\n${line}`,
    'an encoding with a tab': `GET /_ping ${head}Transfer-Encoding:\tchunked\r\nContent-Length: 3\r\n\r\n${chunk}`,
    'two lengths': `GET /_ping ${head}Content-Length: 0\r\nContent-Length: ${line.length}\r\n\r\n${line}`,
    'a length with a sign': `GET /_ping ${head}Content-Length: +${line.length}\r\n\r\n${line}`,
    'a body of a look': `GET /_ping ${head}Content-Length: ${line.length}\r\n\r\n${line}`,
    'an upgrade': `GET /_ping ${head}Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n${line}`,
    'an upgrade of HTTP': `GET /_ping ${head}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n`,
    'a tunnel': `CONNECT docker:80 ${head}\r\n${line}`,
    'an absolute form': `POST http://docker/containers/${id}/kill?signal=SIGKILL ${head}Content-Length: 0\r\n\r\n`,
    'a folded header': `GET /_ping ${head}X: a\r\n ${line}\r\n`,
    'a bare line feed': `GET /_ping HTTP/1.1\nHost: x\n\n${line}`,
    'a blank before the colon': `GET /_ping ${head}Content-Length : 3\r\n\r\nabc${line}`,
    'HTTP/1.0': `GET /_ping HTTP/1.0\r\nConnection: keep-alive\r\n\r\n`,
    'HTTP/0.9': `GET /containers/json\r\n\r\n`,
    'an expectation': `POST /exec/${id}/start ${head}Expect: 100-continue\r\nContent-Length: 9\r\n\r\n`,
    'two decisions': `GET /_ping ${head}Hemostat-Decision: a\r\nHemostat-Decision: b\r\n\r\n`,
    'a long head': `GET /_ping ${head}X: ${'a'.repeat(20_000)}\r\n\r\n`,
    'no host': `GET /_ping HTTP/1.1\r\n\r\n`,
    'a line feed in the path': `GET /containers/${id}/json%0d%0aX:1 ${head}\r\n`,
    noise: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  };

  it.each(Object.entries(tricks))('%s: nothing arrives', async (_, bytes) => {
    const socket = connect(guard.socketPath).on('error', () => {});
    socket.end(Buffer.from(bytes, 'latin1'));
    const answer = await text(socket).catch(() => '');
    expect(answer).toMatch(/^(HTTP\/1\.1 4\d\d |$)/);
    expect(ear.heard).toEqual([]);
  });

  it('of what is sent before an answer has come nothing is passed on behind it', async () => {
    const socket = connect(guard.socketPath).on('error', () => {});
    socket.write(`GET /_ping ${head}\r\n${`GET /info ${head}\r\n`.repeat(20)}${line}`);
    await text(socket).catch(() => '');
    expect(ear.heard.filter((each) => each !== 'GET /_ping')).toEqual([]);
  });

  it('one request after another on one connection is answered, and a path with a version', async () => {
    const socket = connect(guard.socketPath).setEncoding('utf8');
    for (const path of ['/_ping', '/v1.41/_ping', '/info']) {
      socket.write(`GET ${path} ${head}\r\n`);
      const [answer] = await once(socket, 'data');
      expect(answer).toMatch(/^HTTP\/1\.1 (200|404) /);
    }
    socket.destroy();
    expect(ear.heard).toEqual(['GET /_ping', 'GET /v1.41/_ping', 'GET /info']);
  });
});
