import { describe, expect, it } from 'vitest';
import { auditCells, auditRecordSchema } from './audit-words.ts';
import { errorOfProblem } from './command-error.ts';
import { eventsIn } from './event-stream.ts';
import { durationOption, instantOption, momentOption, sayDuration, secondsOf } from './moments.ts';
import { nearest } from './nearest.ts';
import { paramsOf } from './params.ts';
import { plain, tableLines } from './table.ts';

describe('durations and moments', () => {
  it('are read in the forms that people write', () => {
    expect(['90', '90s', '30m', '2h', '1h30m', '7d', '2w'].map(secondsOf)).toEqual([
      90, 90, 1_800, 7_200, 5_400, 604_800, 1_209_600,
    ]);
    for (const text of ['', '-5', '1.5h', '2 h', 'h', '5x', '1e3'])
      expect(() => durationOption('for', text)).toThrow('no duration');
  });

  it('lie before now, or are instants', () => {
    const now = Date.UTC(2026, 0, 31, 12);
    expect(momentOption('since', '24h', now)).toBe('2026-01-30T12:00:00.000Z');
    expect(momentOption('since', '2026-01-31T13:00:00+02:00', now)).toBe('2026-01-31T11:00:00.000Z');
    expect(momentOption('since', undefined, now)).toBeUndefined();
    expect(instantOption('until', '2026-01-31')).toBe('2026-01-31T00:00:00.000Z');
    for (const text of ['yesterday', '2026-02-30', '12:00'])
      expect(() => momentOption('since', text, now)).toThrow(`--since ${text}`);
  });

  it('are said in two units', () => {
    expect([0, 59, 61, 3_661, 90_061, 172_800].map(sayDuration)).toEqual([
      '0s',
      '59s',
      '1m 1s',
      '1h 1m',
      '1d 1h',
      '2d',
    ]);
  });
});

describe('the nearest name', () => {
  it('is one that differs by a slip or two, or begins like it; none for what is far from all', () => {
    const names = ['status', 'targets', 'remediate', 'pause', 'resume'];
    expect(
      ['statsu', 'target', 'remedaite', 'puase', 'res', 'xyzzy', ''].map((text) => nearest(text, names)),
    ).toEqual(['status', 'targets', 'remediate', 'pause', 'resume', undefined, undefined]);
  });
});

describe('parameters', () => {
  it('are JSON where they can be, and text otherwise', () => {
    const given = [
      'size=10',
      'force=true',
      'signal=SIGTERM',
      'id="10"',
      'command=["ps","-ef"]',
      'query=a=b',
      'empty=',
    ];
    expect(paramsOf(given)).toEqual({
      size: 10,
      force: true,
      signal: 'SIGTERM',
      id: '10',
      command: ['ps', '-ef'],
      query: 'a=b',
      empty: '',
    });
    for (const bad of [['size'], ['=1'], ['a=1', 'a=2']]) expect(() => paramsOf(bad)).toThrow('--param');
    expect(Object.getPrototypeOf(paramsOf(['__proto__={"x":1}']))).toBe(Object.prototype);
  });
});

describe('a table', () => {
  it('is as wide as what stands in it, and keeps each row on one line', () => {
    expect(
      tableLines(
        ['name', 'state'],
        [
          ['web-app-1', 'running\nnow'],
          ['db', ''],
        ],
      ),
    ).toEqual(['NAME       STATE', 'web-app-1  running now', 'db']);
    expect(plain('a\u001b[31mred\u0007\u202e')).toBe('a [31mred ');
  });
});

describe('the events in a stream', () => {
  it('are the same however it is cut into pieces', async () => {
    const text =
      'retry: 1000\nid: 4\n\nid: 5\nevent: decided\ndata: {"a":"ü"}\n\n: still here\n\nid: 6\nevent: fin';
    const bytes = new TextEncoder().encode(text);
    for (const size of [1, 3, 7, bytes.length]) {
      async function* pieces() {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
      }
      const events = await Array.fromAsync(eventsIn(pieces()));
      expect(events.filter(({ id }) => id !== undefined)).toEqual([
        { id: '4', event: undefined, data: undefined },
        { id: '5', event: 'decided', data: '{"a":"ü"}' },
      ]);
    }
  });
});

describe('a record of the audit', () => {
  const cells = (more: object): readonly string[] =>
    auditCells(auditRecordSchema.parse({ n: 1, timestamp: 't', event: 'decided', ...more }));

  it('says which gate refused, and else why somebody asked', () => {
    expect(cells({ status: 'rejected', result: { reason: 'cooldown_active' } }).at(-1)).toBe(
      'cooldown_active',
    );
    expect(cells({ reason: 'high CPU', result: { reason: 'x' } }).at(-1)).toBe('high CPU');
    for (const result of [undefined, null, {}, { reason: 5 }]) expect(cells({ result }).at(-1)).toBe('');
  });
});

describe('a problem of the gateway', () => {
  it('is said once: fields have a line of their own where its text does not name what is wrong with them', () => {
    const problem = { code: 'invalid_request', title: 't' };
    const errors = [{ field: 'params.size', message: 'must be at most 10' }];
    const detail = 'The request is not valid. params.size: must be at most 10';
    expect(errorOfProblem({ ...problem, detail, errors })?.lines).toEqual([]);
    expect(errorOfProblem({ ...problem, detail: 'It is not valid.', errors })?.lines).toEqual([
      'params.size must be at most 10',
    ]);
  });
});
