import fc from 'fast-check';
import type { JsonSchema, Operation } from './operations.ts';
import { allowedBy } from './schema-arbitrary.ts';

export type FuzzRequest = {
  readonly method: string;
  /** As it goes over the wire. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
};

const hostile = fc.constantFrom(
  '',
  ' ',
  '.',
  '..',
  '../../etc/passwd',
  'a.*.>',
  '>',
  '*',
  '\u0000',
  'x'.repeat(600),
  '{{7*7}}',
  "' OR 1=1 --",
  '$(reboot)',
  '%00',
  '%2e%2e%2f',
  'hemostat.rpc.safety.control',
  '__proto__',
  'constructor',
  'null',
  'true',
  '-1',
  '1e400',
  '\u202e',
  '\ud800',
  '🩸',
  '<script>alert(1)</script>',
  'a\r\nx-injected: 1',
  'prune?x=',
  'victim/kill',
);
const junk = fc.oneof(
  hostile,
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.stringify(value)),
);
const rarely = <T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 6, arbitrary: usual }, { weight: 1, arbitrary: odd });

const encode = (word: string): string => encodeURIComponent(word.toWellFormed());
const worded = (schema: JsonSchema): fc.Arbitrary<string> => rarely(allowedBy(schema).map(String), junk);
// What the client of the test could not send is left out; raw sockets send that.
const sendable = (word: string): string => word.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '').trim();

const brokenBodies = fc.oneof(
  junk,
  fc.constantFrom(
    '{',
    '[',
    '"',
    '{"a":1}}',
    '{"__proto__":{"admin":true}}',
    '{"constructor":{"prototype":{}}}',
    '\ufeff{}',
    'NaN',
    '{"a":1,"a":2}',
  ),
  fc.nat({ max: 3_000 }).map((depth) => `${'['.repeat(depth)}${']'.repeat(depth)}`),
  fc.nat({ max: 90_000 }).map((length) => JSON.stringify({ reason: 'x'.repeat(length) })),
  fc.uint8Array({ maxLength: 300 }),
);

function spoiled(value: unknown): fc.Arbitrary<unknown> {
  if (typeof value !== 'object' || value === null) return fc.jsonValue({ maxDepth: 3 });
  const names = Object.keys(value);
  const one = names.length > 0 ? fc.constantFrom(...names) : fc.constant('extra');
  return fc
    .tuple(fc.oneof(one, junk), fc.oneof(fc.jsonValue({ maxDepth: 4 }), junk))
    .map(([name, odd]) => ({ ...value, [name]: odd }));
}

function bodies(schema: JsonSchema): fc.Arbitrary<FuzzRequest['body']> {
  const good = allowedBy(schema);
  const asText = (value: unknown): string => JSON.stringify(value) ?? '';
  return fc.oneof(
    { weight: 5, arbitrary: good.map(asText) },
    { weight: 4, arbitrary: good.chain(spoiled).map(asText) },
    { weight: 1, arbitrary: brokenBodies },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
}

/** Requests of one operation: mostly of its form, with something odd in some place. */
export function requestsOf({ method, template, parameters, body }: Operation): fc.Arbitrary<FuzzRequest> {
  const of = (place: string) => parameters.filter((each) => each.in === place);
  const record = (place: string) =>
    fc.record(Object.fromEntries(of(place).map(({ name, schema }) => [name, worded(schema)])), {
      requiredKeys: place === 'path' ? of(place).map(({ name }) => name) : [],
    });
  const extra = fc.array(fc.tuple(junk, junk), { maxLength: 2 });
  const query = fc
    .tuple(record('query'), rarely(fc.constant<[string, string][]>([]), extra))
    .map(([known, more]) =>
      [...Object.entries(known), ...more]
        .map(([name, value]) => `${encode(name)}=${encode(value)}`)
        .join('&'),
    );
  const types = rarely(
    fc.constant('application/json'),
    fc.oneof(
      fc.constantFrom(
        'text/plain',
        'application/xml',
        'multipart/form-data',
        'application/json; charset=utf-16',
        '',
      ),
      junk,
    ),
  );
  const more = rarely(
    fc.constant<Record<string, string>>({}),
    fc.dictionary(
      fc.constantFrom(
        'authorization',
        'accept',
        'origin',
        'host',
        'traceparent',
        'tracestate',
        'x-forwarded-for',
        'cookie',
        'range',
        'if-match',
        'sec-fetch-site',
        'content-encoding',
      ),
      junk,
      { maxKeys: 3 },
    ),
  );
  const sent = body === undefined ? rarely(fc.constant(undefined), brokenBodies) : bodies(body);
  return fc
    .record({ path: record('path'), query, header: record('header'), type: types, more, body: sent })
    .map((parts): FuzzRequest => {
      const filled = template.replaceAll(/\{([^}]+)\}/g, (_, name: string) => encode(parts.path[name] ?? ''));
      const headers = {
        ...parts.header,
        ...parts.more,
        ...(parts.body === undefined ? {} : { 'content-type': parts.type }),
      };
      return {
        method,
        path: parts.query === '' ? filled : `${filled}?${parts.query}`,
        headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, sendable(value)])),
        body: method === 'GET' ? undefined : parts.body,
      };
    });
}
