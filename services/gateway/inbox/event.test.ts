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
  messageId: undefined,
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

  it('speaks for the principal of its subject', () => {
    expect(eventOf(message(documented)).principal).toBe('anonymous');
    expect(eventOf(message(documented, { subject: 'hemostat.remediation_needed.analyzer' })).principal).toBe(
      'analyzer',
    );
  });

  it('takes its key from the message before the body', () => {
    expect(eventOf(message(documented)).key).toBeUndefined();
    expect(eventOf(message({ ...documented, remediation_id: 'b' })).key).toBe('b');
    expect(eventOf(message({ ...documented, remediation_id: 'b' }, { messageId: 'm' })).key).toBe('m');
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
    ['invalid_event', { ...documented, action: 'explode' }, 'action: "explode" is no action'],
    ['invalid_event', { ...documented, confidence: 1.01 }, 'confidence'],
    ['invalid_event', { ...documented, confidence: '0.9' }, 'confidence'],
    ['invalid_event', { ...documented, event_type: 'other' }, 'event_type'],
    ['invalid_event', { ...documented, params: { force: true } }, 'params.force'],
    ['invalid_event', { data: { ...members, confidence: -1 } }, 'data.confidence'],
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
