import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type GatewayGround, startGatewayGround } from '#libs/testing/gateway-ground';
import { startSafety } from '../../safety/service.ts';
import { startGateway } from '../service.ts';

let ground: GatewayGround;
// biome-ignore lint/suspicious/noExplicitAny: the served document
let paths: any;
beforeAll(async () => {
  ground = await startGatewayGround({ startSafety, startGateway });
  ({ paths } = (await ground.api.get('/openapi.json')).body);
});
afterAll(() => ground[Symbol.asyncDispose]());

// Formats are notes there; what has to be so is in the patterns.
const ajv = new Ajv2020({ strict: false, validateFormats: false });
const remediations = '/api/v1/remediations';
const about = (action: string, more: object = {}) => ({ action, container: 'a', dry_run: true, ...more });
const alone = (action: string, more: object = {}) => ({ action, dry_run: true, ...more });
const params = (given: object) => ({ params: given });
const because = (more: object) => ({ reason: 'x', ...more });
const window = { from: '2026-01-31 12:00', until: '2026-01-31t13:00:00.5z' };
const off = (until: string) => because({ kill_switch: 'off', until });

const good: Readonly<Record<string, readonly object[]>> = {
  [remediations]: [
    ...[about('restart'), about('kill', params({ signal: 'SIGTERM' })), about('restart', params({}))],
    about('update-resources', params({ cpus: 1 })),
    ...[about('exec', { command: ' ps  aux' }), about('exec', params({ command: ['date', '+%H %M'] }))],
    about('exec', { command: 'ps', ...params({ timeout_seconds: 3 }) }),
    ...[
      about('cleanup'),
      alone('cleanup', params({ all: true })),
      about('cleanup', params({ project: 'p' })),
    ],
    ...[alone('stop-chaos-attack', params({ attack_id: 'x' })), alone('rotate-credentials')],
    alone('remediate-db-pool-exhaustion'),
    about('restart', { override: ['cooldown'], reason: 'fire' }),
  ],
  '/api/v1/safety/reset': [
    ...[
      { container: 'a' },
      { target: 'local/container/a' },
      { all: true },
      { all: false, container: 'a' },
    ].map(because),
  ],
  '/api/v1/safety/control': [
    ...[{ kill_switch: 'off' }, { maintenance: [] }, { maintenance: [window] }].map(because),
    ...['2026-02-28T12:00:00+01:00', '2026-02-28 12:00:00', '2026-02-28t12:00:00z'].map(off),
  ],
};
const bad: Readonly<Record<string, readonly object[]>> = {
  [remediations]: [
    ...[{}, { container: 'a' }, alone('restart'), about('explode'), about('restart', { container: '../a' })],
    ...[about('restart', params({ signal: 'SIGTERM' })), about('restart', { command: 'ps' })],
    ...[about('kill', params({ signal: 'SIGHUP' })), about('restart', { surprise: 1 })],
    ...[
      about('update-resources'),
      about('update-resources', params({})),
      about('update-resources', params({ cpus: 0 })),
    ],
    ...['ps | sh', 'ps $(id)', '', ' ', 'ps\nid', ['ps', ''], []].map((command) =>
      about('exec', { command }),
    ),
    ...[
      about('exec'),
      about('exec', params({})),
      about('exec', { command: 'ps', ...params({ command: 'ps' }) }),
    ],
    ...[
      alone('cleanup'),
      alone('cleanup', params({ images: true })),
      alone('cleanup', params({ all: false })),
    ],
    about('cleanup', params({ project: 'p', label: 'l' })),
    ...[about('stop-chaos-attack', params({ attack_id: 'x' })), alone('stop-chaos-attack')],
    ...[alone('stop-chaos-attack', params({ attack_id: '../x' })), about('remediate-db-pool-exhaustion')],
    ...[{}, { reason: '' }, { reason: ' \n' }].map((more) =>
      about('restart', { override: ['cooldown'], ...more }),
    ),
    about('restart', { override: ['cooldown', 'cooldown'], reason: 'x' }),
    ...[{ engine: 'a.b' }, { confidence: 2 }, { override: [], reason: 'x' }].map((more) =>
      about('restart', more),
    ),
  ],
  '/api/v1/safety/reset': [
    { container: 'a' },
    ...[{}, { all: true, container: 'a' }, { all: true, target: 'local/container/a' }, { all: false }].map(
      because,
    ),
    ...[{ target: 'a' }, { target: 'local/thing/a' }, { container: '*' }, { all: true, parts: [] }].map(
      because,
    ),
  ],
  '/api/v1/safety/control': [
    ...[{}, { until: '2026-02-28T12:00:00Z' }, { kill_switch: 'maybe' }].map(because),
    ...['soon', '2026-02-30T12:00:00Z', '2026-02-28', '2026-02-28T25:00:00Z', '2026-02-28T12:00:00+1'].map(
      off,
    ),
  ],
};

it.each(Object.keys(good))('the served schema of %s and the API call the same bodies valid', async (path) => {
  const valid = ajv.compile(paths[path].post.requestBody.content['application/json'].schema);
  const said = async (body: object) => ({
    body,
    schema: valid(body),
    api: (await ground.api.post(path, body)).status !== 400,
  });
  for (const body of good[path] ?? []) expect(await said(body)).toEqual({ body, schema: true, api: true });
  for (const body of bad[path] ?? []) expect(await said(body)).toEqual({ body, schema: false, api: false });
});

it('has every body that is not empty in these examples, and says of replay what it takes', () => {
  const posts = Object.keys(paths).filter((path) => paths[path].post?.requestBody);
  expect(posts).toEqual(expect.arrayContaining(Object.keys(good)));
  expect(posts.filter((path) => !(path in good))).toEqual(['/api/v1/replay']);
});
