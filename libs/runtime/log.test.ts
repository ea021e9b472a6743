import { expect, test } from 'vitest';
import { createLog, type LogOptions } from './log.ts';
import { inSpan, startTracing, withRemediation } from './tracing.ts';

/** A log and what it wrote. */
function capture(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLog({ service: 'safety', level: 'INFO', format: 'json', destination, ...options });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') };
}

test('a JSON line has an ISO time, the level as a word, the service and the message', () => {
  const { log, lines, last } = capture();
  log.warn({ remaining_seconds: 7 }, 'Refused');
  expect(lines).toHaveLength(1);
  expect(last()).toEqual({
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    level: 'warn',
    service: 'safety',
    remaining_seconds: 7,
    msg: 'Refused',
  });
});

test('a line within a span and a remediation carries their ids, and a line outside carries none', async () => {
  await using tracing = startTracing({ service: 'safety', env: {} });
  const { log, last } = capture();
  await withRemediation('r-1', () =>
    inSpan(tracing.tracer, 'decide', {}, async (span) => {
      await Promise.resolve();
      log.info('Inside');
      const { traceId, spanId } = span.spanContext();
      expect(last()).toMatchObject({ trace_id: traceId, span_id: spanId, remediation_id: 'r-1' });
    }),
  );
  log.info('Outside');
  expect(Object.keys(last()).toSorted()).toEqual(['level', 'msg', 'service', 'time']);
});

test.each([
  ['DEBUG', 'debug'],
  ['Info', 'info'],
  ['WARNING', 'warn'],
  ['error', 'error'],
  ['critical', 'fatal'],
  ['CRITICAL', 'fatal'],
  ['trace', 'trace'],
])('the word %s means %s', (word, level) => {
  expect(capture({ level: word }).log.level).toBe(level);
});

test('a word that is no level is refused', () => {
  for (const level of ['loud', '', 'constructor']) expect(() => capture({ level })).toThrow(RangeError);
});

test('an error is written with type, message, code and cause, and nothing else that it holds', () => {
  const { log, last } = capture();
  const cause = Object.assign(new TypeError('connect failed'), {
    code: 'ECONNREFUSED',
    request: { token: 'canary' },
  });
  log.error({ err: new Error('Docker is away', { cause }) }, 'Cannot act');
  expect(last().err).toEqual({
    type: 'Error',
    message: 'Docker is away',
    cause: { type: 'TypeError', message: 'connect failed', code: 'ECONNREFUSED' },
  });
});

test('an error shows its stack at the debug level only, and an endless chain of causes ends', () => {
  const error = new Error('loop');
  error.cause = error;
  const { log, last } = capture({ level: 'DEBUG' });
  log.error(error);
  expect(last().err.stack).toContain('log.test.ts');
  expect(last().err.cause.cause.cause.cause.cause.cause).toBeUndefined();
});

test('what was thrown without being an error is still readable', () => {
  const { log, last } = capture();
  log.error({ err: 'out of paper' }, 'Odd');
  expect(last().err).toEqual({ type: 'string', message: 'out of paper' });
});

test.each(['json', 'text'] as const)(
  'secrets do not get into a %s line, at the top or one level down',
  (format) => {
    const { log, lines } = capture({ format });
    const secrets = { authorization: 'canary', token: 'canary', password: 'canary', 'set-cookie': 'canary' };
    log.info({ ...secrets, headers: secrets }, 'Asked');
    expect(lines.join('')).not.toContain('canary');
    expect(lines.join('')).toContain('(not shown)');
  },
);

test('a text line is one line without colour, and is there at once', () => {
  const { log, lines } = capture({ format: 'text' });
  log.info({ target: 'local/container/web' }, 'Started');
  expect(lines).toEqual([
    expect.stringMatching(/^\[\S+Z\] INFO: safety: Started \{"target":"local\/container\/web"\}\n$/),
  ]);
});

test('text from outside cannot forge a line or move the cursor', () => {
  const { log, lines } = capture({ format: 'text' });
  const name = 'a\nb\u001b[2J';
  log.info({ name, caller: name, target: { name } }, `Asked for ${name}`);
  expect(lines.join('').trimEnd()).not.toMatch(/\p{Cc}/u);
});
