import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holds } from '../../../tests/proof/holds.ts';
import { allowlist } from '../allowlist.ts';
import { findLine, writtenPath } from './find-line.ts';
import { type Ask, readAsk } from './read-ask.ts';

const id = 'ab'.repeat(32);
const head = { method: 'GET', httpVersion: '1.1', rawHeaders: ['Host', 'docker'] };
const read = (url: string, more: object = {}) => readAsk({ ...head, url, ...more });

/** What may come out at the other side, said in another way than the table says it. */
const known = [
  String.raw`GET /_ping|GET /info|GET /events\?filters=[^&]+`,
  String.raw`GET /containers/json\?all=true|GET /images/json\?all=true`,
  String.raw`GET /containers/[0-9a-f]{64}/json(\?size=true)?`,
  String.raw`GET /containers/[0-9a-f]{64}/logs\?(stdout=true|stderr=true|tail=200|&)+`,
  String.raw`GET /exec/[0-9a-f]{64}/json|GET /images/[\w%.-]+/json|GET /volumes/[\w.-]+`,
  String.raw`GET /system/df\?type=(image|volume)|GET /services(\?filters=[^&]+)?|GET /tasks\?filters=[^&]+`,
  String.raw`POST /containers/[0-9a-f]{64}/(start|pause|unpause|update|exec|(restart|stop)\?t=\d+|kill\?signal=SIG\w+)`,
  String.raw`POST /exec/[0-9a-f]{64}/start|POST /containers/create\?name=[^&]*`,
  String.raw`POST /networks/[\w.-]+/connect|POST /services/[a-z0-9]{25}/update\?version=\d+`,
  String.raw`DELETE /containers/[0-9a-f]{64}\?(v=(true|false)|force=(true|false)|link=false|&)+`,
  String.raw`DELETE /images/sha256%3A[0-9a-f]{64}\?(force=false|noprune=true|&)+`,
  String.raw`DELETE /volumes/[\w.-]+\?force=false`,
].join('|');
const isKnown = /^(GET|POST|DELETE) (\/v1\.\d\d)?(?=\/)/;
const whole = new RegExp(`^(?:${known})$`);

function passedAs(method: string, url: string): string | undefined {
  const ask = read(url, { method });
  const found = typeof ask === 'string' ? ask : findLine(allowlist, ask);
  return typeof found === 'string' ? undefined : `${method} ${writtenPath(found, ask as Ask)}`;
}

const good = [
  ...[
    'GET /_ping',
    'GET /info',
    'GET /v1.41/containers/json?all=true',
    'GET /images/json?all=true',
    'GET /services',
  ],
  ...[
    `GET /containers/${id}/json`,
    `GET /containers/${id}/json?size=true`,
    'GET /images/shop%2Fapi%3A2/json',
  ],
  ...[
    `GET /containers/${id}/logs?stdout=true&stderr=true&tail=200`,
    `GET /exec/${id}/json`,
    'GET /volumes/data',
  ],
  ...[`POST /containers/${id}/restart?t=10`, `POST /containers/${id}/kill?signal=SIGTERM`],
  ...[`POST /containers/${id}/exec`, `POST /exec/${id}/start`, 'POST /containers/create?name=shop-api-2'],
  ...['POST /networks/front/connect', `POST /services/${'a1'.repeat(12)}z/update?version=7`],
  ...[`DELETE /containers/${id}?v=false&force=false&link=false`, 'DELETE /volumes/data?force=false'],
];
const piece = fc.oneof(
  fc.constantFrom(
    ...[
      '..',
      '.',
      '',
      '%2e%2e',
      '%2F',
      '%252f',
      '..%2f..',
      '%00',
      '%0d%0a',
      ';',
      '@',
      '~',
      'a%2fb',
      '\\',
      '#',
      ' ',
    ],
    ...[
      'prune',
      'v1.99',
      id.slice(1),
      id.toUpperCase(),
      `${id}%20`,
      'web',
      'archive',
      '?',
      '&',
      'force=true',
      '=',
      '%',
    ],
    ...[
      't=-1',
      't=10&t=20',
      'v=true&force=true',
      'filters={}',
      '%74=10',
      'a[]=1',
      'http://docker',
      '//',
      '/',
      'x',
    ],
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
);
/** A call that is passed on, with something cut out or put in somewhere, mostly between its parts. */
const bent = fc
  .tuple(fc.constantFrom(...good), fc.nat(60), fc.nat(3), fc.array(piece, { maxLength: 2 }))
  .map(([text, at, cut, put]) => {
    const parts = text.split(/(?<=[/?&= ])|(?=[/?&= ])/);
    return parts.toSpliced(at % (parts.length + 1), cut % 3, ...put).join('');
  });

describe('a path', () => {
  it('comes out as one of the calls of the catalogue or not at all, whatever is asked', () => {
    let passed = 0;
    for (const each of good) expect(passedAs(...(each.split(' ') as [string, string])), each).toBeDefined();
    holds(
      fc.property(bent, (text) => {
        const [verb = '', ...rest] = text.split(' ');
        const out = passedAs(verb, rest.join(' '));
        if (out === undefined) return;
        passed += 1;
        expect(out).toMatch(isKnown);
        expect(out.replace(/ \/v1\.\d\d\//, ' /')).toMatch(whole);
        const path = out.slice(verb.length + 1);
        expect(new URL(path, 'http://docker').pathname).toBe(path.split('?')[0]);
      }),
      { atLeast: 20_000 },
    );
    expect(passed).toBeGreaterThan(1_000);
  });

  it.each([
    `/containers/${id}/../${id}/json`,
    `/containers/${id}/%2e%2e/json`,
    `//containers/${id}/json`,
    `/containers/${id}%2fjson`,
    `/containers/${id}/json#`,
    `/containers/${id}/json;x`,
    `/containers/${id}/json?size=true&size=true`,
    `/containers/${id}/json?size=true?x`,
    `/containers/${id.slice(0, 12)}/json`,
    '/containers/web/json',
    `/%63ontainers/${id}/json`,
    `/v1.41/v1.41/containers/${id}/json`,
    `/v2/containers/${id}/json`,
    `http://docker/containers/${id}/json`,
    '/images/..%2f..%2fcontainers/json',
    '*',
    '',
  ])('%s is not passed on', (text) => {
    expect(passedAs('GET', text)).toBeUndefined();
  });

  it('is passed on with its version, and written anew', () => {
    expect(passedAs('GET', `/v1.41/containers/${id}/json?size=true`)).toBe(
      `GET /v1.41/containers/${id}/json?size=true`,
    );
    expect(passedAs('GET', '/images/shop%2Fapi%3A2/json')).toBe('GET /images/shop%2Fapi%3A2/json');
    expect(passedAs('GET', '/images/shop%2fapi:2/json')).toBe('GET /images/shop%2Fapi%3A2/json');
  });
});

it('a request that could be two, or become something else, is refused by its head', () => {
  for (const rawHeaders of [
    ['Transfer-Encoding', 'chunked'],
    ['Upgrade', 'tcp', 'Connection', 'Upgrade'],
    ['Expect', '100-continue'],
    ['Content-Length', '0', 'content-length', '0'],
    ['Host', 'a', 'Host', 'b'],
  ]) {
    expect(read('/_ping', { rawHeaders })).toEqual(expect.any(String));
  }
  expect(read('/_ping', { httpVersion: '1.0' })).toEqual(expect.any(String));
  expect(read('/_ping')).toEqual(expect.objectContaining({ segments: ['_ping'] }));
});
