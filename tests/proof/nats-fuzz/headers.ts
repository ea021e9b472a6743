import fc from 'fast-check';

const known = [
  'Nats-Msg-Id',
  'traceparent',
  'tracestate',
  'Hemostat-Nonce',
  'Nats-Service-Error-Code',
  'Nats-Service-Error',
  'Nats-Expected-Stream',
  'KV-Operation',
  'content-type',
];

const value = fc.oneof(
  fc.constantFrom(
    '',
    'DEL',
    'PURGE',
    '400',
    'HEMOSTAT',
    '00-zz-zz-01',
    `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
  ),
  fc.string({ maxLength: 30 }).map((text) => text.replaceAll(/[\r\n]/g, ' ')),
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => text.replaceAll(/[\r\n]/g, '')),
  fc.constantFrom('x'.repeat(300), 'y'.repeat(3_000)),
);

const wellFormed = fc
  .array(fc.tuple(fc.constantFrom(...known), value), { minLength: 1, maxLength: 4 })
  .map((lines) => `NATS/1.0\r\n${lines.map(([name, text]) => `${name}: ${text}\r\n`).join('')}\r\n`);

const mangled = fc.oneof(
  fc.constantFrom(
    'NATS/1.0\r\n\r\n',
    'NATS/1.0 503\r\n\r\n',
    'NATS/1.0 100 Idle Heartbeat\r\n\r\n',
    'NATS/1.0 404 No Messages\r\n\r\n',
    'NATS/1.0 408 Request Timeout\r\n\r\n',
    'NATS/1.0 409 Consumer Deleted\r\n\r\n',
    'NATS/1.0 zzz\r\n\r\n',
    'NATS/1.0\r\nno colon\r\n\r\n',
    'NATS/1.0\r\n: no name\r\n\r\n',
    'NATS/1.0\r\nNats-Msg-Id\r\n\r\n',
    'NATS/1.0\r\na b: c\r\n\r\n',
    'NATS/9.9\r\nA: b\r\n\r\n',
    'HTTP/1.1 200 OK\r\nA: b\r\n\r\n',
    'NATS/1.0',
    'A: b\r\n',
    '\r\n\r\n',
    '\r\n',
    'NATS/1.0\nA: b\n\n',
  ),
  fc.string({ minLength: 2, maxLength: 40 }),
  fc.string({ unit: 'binary', minLength: 2, maxLength: 40 }),
);

/**
 * Header blocks: most often none, then some that can be read, then some that cannot. None of a single byte: nats-server
 * (seen with 2.10.27) ends in a panic when such a message comes to a stream that republishes, as that of the facts does.
 */
export const headerBlocks: fc.Arbitrary<Uint8Array | undefined> = fc.oneof(
  { weight: 6, arbitrary: fc.constant(undefined) },
  { weight: 2, arbitrary: wellFormed.map((text) => Buffer.from(text)) },
  { weight: 2, arbitrary: mangled.map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 2, maxLength: 60 }) },
);
