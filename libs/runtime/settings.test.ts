import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { holds } from '../../tests/proof/holds.ts';
import { commaList, flag, nonNegativeInteger, port, seconds, url } from './settings.ts';

const refused = (schema: z.ZodType, texts: readonly string[]) =>
  texts.filter((text) => !schema.safeParse(text).success);

test('seconds are digits with or without a decimal point, and nothing else', () => {
  expect(seconds().parse('3600')).toBe(3600);
  expect(seconds().parse('0.25')).toBe(0.25);
  const wrong = [
    '10s',
    '-1',
    '+1',
    '1e3',
    '0x10',
    'NaN',
    'Infinity',
    '1,5',
    '.5',
    '5.',
    ' 5',
    '5 ',
    '',
    '9'.repeat(400),
  ];
  expect(refused(seconds(), wrong)).toEqual(wrong);
});

test('limits are part of the range', () => {
  const schema = seconds({ min: 1, max: 60 });
  expect([schema.parse('1'), schema.parse('60')]).toEqual([1, 60]);
  expect(refused(schema, ['0.9', '60.1'])).toEqual(['0.9', '60.1']);
});

test('whole numbers are exact or refused', () => {
  expect(nonNegativeInteger().parse('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
  const wrong = ['9007199254740992', '1.0', '-0', 'three', '1_000'];
  expect(refused(nonNegativeInteger(), wrong)).toEqual(wrong);
});

test('a port is 0 to 65535', () => {
  expect([port().parse('0'), port().parse('65535')]).toEqual([0, 65_535]);
  expect(refused(port(), ['65536', '-1', 'http'])).toEqual(['65536', '-1', 'http']);
});

test('a flag knows the usual words in any case, and guesses none', () => {
  for (const word of ['true', 'TRUE', '1', 'yes', 'On']) expect(flag().parse(word)).toBe(true);
  for (const word of ['false', 'False', '0', 'NO', 'off']) expect(flag().parse(word)).toBe(false);
  expect(refused(flag(), ['y', '2', 'enabled', ' true'])).toEqual(['y', '2', 'enabled', ' true']);
});

test('a list is cut at commas, blanks and empty entries left out; a lone comma is the empty list', () => {
  expect(commaList(['x']).parse(' ok, healthy ,,up')).toEqual(['ok', 'healthy', 'up']);
  expect(commaList(['x']).parse(',')).toEqual([]);
});

test('a URL has one of the protocols that were asked for and is kept as it was written', () => {
  expect(url().parse('http://localhost:8080/x/')).toBe('http://localhost:8080/x/');
  expect(url({ protocols: ['nats', 'tls'] }).parse('nats://a:4222')).toBe('nats://a:4222');
  const wrong = ['localhost:8080', '/path', 'ftp://a', 'javascript:alert(1)', 'http://'];
  expect(refused(url(), wrong)).toEqual(wrong);
});

test('what is unset takes the default, or is refused where there is none', () => {
  const withDefault = [
    seconds({ default: 0 }),
    port(9000),
    flag(false),
    commaList([]),
    url({ default: 'http://a' }),
  ];
  expect(withDefault.map((schema) => schema.parse(undefined))).toEqual([0, 9000, false, [], 'http://a']);
  const without = [seconds(), nonNegativeInteger(), port(), flag(), commaList(), url()];
  expect(without.filter((schema) => schema.safeParse(undefined).success)).toEqual([]);
});

test('any text is a number within the limits or no setting', () => {
  const limits = fc
    .tuple(fc.nat(1_000), fc.nat(1_000))
    .map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) }));
  const texts = fc.oneof(fc.string(), fc.integer().map(String), fc.double({ min: 0 }).map(String));
  holds(
    fc.property(limits, texts, ({ min, max }, text) => {
      for (const schema of [seconds({ min, max }), nonNegativeInteger({ min, max })]) {
        const read = schema.safeParse(text);
        expect(!read.success || (read.data >= min && read.data <= max)).toBe(true);
      }
    }),
  );
});

test('a whole number comes back from its text', () => {
  holds(
    fc.property(
      fc.nat(),
      (n) => nonNegativeInteger().parse(String(n)) === n && seconds({ max: n }).parse(String(n)) === n,
    ),
  );
});

test('names come back from their list, blanks around them cut', () => {
  const names = fc.array(fc.stringMatching(/^[^,\s]([^,]*[^,\s])?$/));
  const blanks = fc.stringMatching(/^ {0,3}$/);
  holds(
    fc.property(names, blanks, (list, blank) => {
      expect(commaList().parse(list.map((name) => `${blank}${name}${blank}`).join(','))).toEqual(
        list.map((name) => name.trim()),
      );
    }),
  );
});

test('any text is yes, no, or no setting, in whatever case', () => {
  holds(
    fc.property(fc.oneof(fc.string(), fc.mixedCase(fc.constantFrom('true', 'no', 'on', '0'))), (text) => {
      const read = flag().safeParse(text);
      const word = text.toLowerCase();
      expect(read.success ? read.data : undefined).toBe(
        ['true', '1', 'yes', 'on'].includes(word)
          ? true
          : ['false', '0', 'no', 'off'].includes(word)
            ? false
            : undefined,
      );
    }),
  );
});
