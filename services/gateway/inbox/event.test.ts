import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holds } from '../../../tests/proof/holds.ts';
import { type InboxMessage, readEvent } from './event.ts';

const documented = {
  event_type: 'remediation_needed',
  container: 'web-app-1',
  action: 'restart',
  reason: 'High CPU usage detected',
  confidence: 0.95,
  metrics: { cpu_percent: 95.5, memory_percent: 72.3 },
  analysis_method: 'ai',
};
const { event_type: _, ...members } = documented;

const message = (body: unknown, more: Partial<InboxMessage> = {}): InboxMessage => ({
  subject: 'hemostat.remediation_needed',
  bytes: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  messageIds: [],
  ...more,
});
const eventOf = (input: InboxMessage) => {
  const read = readEvent(input);
  return 'event' in read ? read.event : expect.fail(read.poison.message);
};
const poisonOf = (input: InboxMessage) => {
  const read = readEvent(input);
  return 'poison' in read ? read.poison : expect.fail('was read');
};

describe('an event of the inbox', () => {
  it('is read the same in the shape of the document and in the shape that programs send', () => {
    const expected = { ...members, params: {}, dry_run: false };
    expect(eventOf(message(documented)).ask).toEqual(expected);
    const nested = {
      event_type: 'remediation_needed',
      timestamp: '2024-11-02T19:45:30',
      agent: 'analyzer',
      data: members,
    };
    expect(eventOf(message(nested)).ask).toEqual(expected);
  });

  it('may carry what is not ours, a data member of its own and nulls for what is not known', () => {
    const more = { ...documented, data: 'x', agent: 'a', engine: null, dry_run: null, reason: null };
    expect(eventOf(message(more))).toMatchObject({ ask: { container: 'web-app-1', dry_run: false } });
  });

  it('is understood with a byte order mark, with a slash before the name, and with its data as JSON text', () => {
    const plain = eventOf(message(documented));
    const text = JSON.stringify(documented);
    expect(eventOf(message(`\uFEFF${text}`))).toEqual(plain);
    expect(eventOf(message({ ...documented, container: '/web-app-1', status: 'firing' }))).toEqual(plain);
    expect(eventOf(message({ event_type: 'remediation_needed', data: JSON.stringify(members) }))).toEqual(
      plain,
    );
  });

  it('is heard whole where some of it stands beside data, whichever is where', () => {
    const data = { container: 'web-app-1', action: 'restart' };
    const beside = { dry_run: true, remediation_id: 'k', engine: 'mars', confidence: 0.5 };
    const expected = { ask: { ...data, dry_run: true, confidence: 0.5 }, engine: 'mars', key: 'k' };
    for (const body of [
      { ...beside, data },
      { ...data, data: beside },
      { ...beside, data: JSON.stringify(data) },
    ]) {
      expect(eventOf(message(body))).toMatchObject(expected);
    }
    expect(eventOf(message({ ...data, data: { container: 'other' } })).invalid).toMatchObject({
      errors: [{ field: 'container' }],
    });
    expect(eventOf(message({ confidence: 95, data })).invalid).toBeDefined();
  });

  it('speaks for the principal of its subject', () => {
    expect(eventOf(message(documented)).principal).toBe('anonymous');
    expect(eventOf(message(documented, { subject: 'hemostat.remediation_needed.analyzer' })).principal).toBe(
      'analyzer',
    );
  });

  it('takes its key from the message before the body', () => {
    expect(eventOf(message(documented)).key).toBeUndefined();
    expect(eventOf(message({ ...documented, remediation_id: 'b' })).key).toBe('b');
    expect(eventOf(message({ ...documented, remediation_id: 'b' }, { messageIds: ['m'] })).key).toBe('m');
  });
});

describe('what is not valid and says what should be done to what', () => {
  const json = JSON.stringify;
  it.each([
    ['action: "explode" is no action', { ...documented, action: 'explode' }],
    ['action: "Re start" is no action', { ...documented, action: 'Re start' }],
    ['confidence: must be at most 1', { ...documented, confidence: 95 }],
    ['confidence: must be a number', { ...documented, confidence: '0.9' }],
    ['event_type: must be', { ...documented, event_type: 'other' }],
    ['params.force: is not a known field', { ...documented, params: { force: true } }],
    ['data.confidence: must be at least 0', { data: { ...members, confidence: -1 } }],
    ['body: is a text that holds JSON', json(json(documented))],
    ['status: says that the alert is over', { ...documented, status: 'RESOLVED' }],
    ['status: says that the alert is over', { status: 'resolved', data: members }],
    ['data.status: says that the alert is over', { data: { ...members, status: 'resolved' } }],
    ['reason: stands twice', `{"reason":"a",${json(documented).slice(1)}`],
    [
      'metrics.a: stands twice',
      `{"data":${json(json(members).replace('{', '{"metrics":{"a":1,"\\u0061":2},'))}}`,
    ],
  ])('is an event to be refused, and names the field: %s', (named, body) => {
    const { ask, invalid } = eventOf(message(body));
    expect(ask.container).toBe('web-app-1');
    expect(invalid?.message).toContain(named);
    expect(invalid?.errors.map(({ field }) => field)).toContain(named.split(':')[0]);
  });

  it('keeps what can be read, each member by itself', () => {
    const { ask, key } = eventOf(
      message({ ...documented, confidence: 95, command: 'ps', remediation_id: 'b' }),
    );
    const { confidence: _, ...readable } = members;
    expect(ask).toEqual({ ...readable, params: { command: 'ps' }, dry_run: false });
    expect(key).toBe('b');
  });

  it('has no key when it is not certain which', () => {
    const body = { ...documented, remediation_id: 'b' };
    for (const trouble of [
      { messageIds: ['a', 'b'] },
      { messageIds: ['x'.repeat(257)] },
      { messageIds: [], hasUnreadableHeaders: true as const },
    ]) {
      expect(eventOf(message(body, trouble))).toMatchObject({ key: undefined, invalid: { errors: [{}] } });
    }
  });
});

describe('poison', () => {
  it.each([
    ['not_json', 'nonsense', 'not JSON'],
    ['not_json', '', 'not JSON'],
    ['not_json', '{"__proto__":{"admin":true}}', '__proto__'],
    ['not_json', '['.repeat(10_000), 'body'],
    ['invalid_event', '[]', 'body'],
    ['invalid_event', 'null', 'body'],
    ['invalid_event', { action: 'restart' }, 'container'],
    ['invalid_event', { ...documented, container: 5 }, 'container'],
    ['invalid_event', { ...documented, container: 'a.*.>' }, 'container'],
    ['invalid_event', { ...documented, container: 'x'.repeat(129) }, 'container'],
    ['invalid_event', { ...documented, action: 5 }, 'action'],
    ['invalid_event', { status: 'resolved', alerts: [] }, 'status'],
    ['too_large', JSON.stringify({ ...documented, reason: 'x'.repeat(70_000) }), 'body'],
  ])('is %s with a message that names the field: %j', (reason, body, named) => {
    const poison = poisonOf(message(body));
    expect(poison.reason).toBe(reason);
    expect(poison.message).toContain(named);
  });

  it('is what no UTF-8 text is', () => {
    expect(poisonOf(message('', { bytes: Uint8Array.of(0x7b, 0xff, 0xfe) }))).toMatchObject({
      reason: 'not_json',
    });
  });

  it('is found in any bytes and any JSON without a throw', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map((text) => Buffer.from(text)),
      fc
        .record({ container: fc.anything(), action: fc.anything(), metrics: fc.anything() })
        .map((value) => Buffer.from(JSON.stringify(value) ?? '')),
    );
    holds(fc.property(bytes, (body) => void readEvent(message('', { bytes: body }))));
  });
});
