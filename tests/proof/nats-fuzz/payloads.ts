import fc from 'fast-check';

/** Bytes that somebody might send where a JSON object of a known form is expected. */
export function payloadsLike(example: unknown, maxPayload: number): fc.Arbitrary<Uint8Array> {
  const text = JSON.stringify(example);
  return fc.oneof(
    { weight: 8, arbitrary: changed(example).map((value) => bytes(JSON.stringify(value))) },
    { weight: 3, arbitrary: fc.json({ maxDepth: 6 }).map(bytes) },
    { weight: 2, arbitrary: fc.uint8Array({ maxLength: 300 }) },
    { weight: 2, arbitrary: invalidUtf8(text) },
    { weight: 2, arbitrary: polluted(text).map(bytes) },
    { weight: 2, arbitrary: cut(text).map(bytes) },
    { weight: 1, arbitrary: nested(text).map(bytes) },
    { weight: 1, arbitrary: odd(text).map(bytes) },
    { weight: 1, arbitrary: huge(text, maxPayload) },
  );
}

const bytes = (text: string): Uint8Array => Buffer.from(text);

const oddValues = fc.oneof(
  fc.constantFrom(null, true, 0, -1, 1e308, '', [], {}, '\u0000', '\ud800', ' ', '../..', '*', '>', 'a.b'),
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ minLength: 2_000, maxLength: 4_000 }),
  fc.double(),
);

/** One to three members changed, taken away or added, somewhere in it. */
function changed(example: unknown): fc.Arbitrary<unknown> {
  const paths = pathsOf(example);
  const change = fc.record({
    path: fc.constantFrom(...paths),
    how: fc.constantFrom('replace', 'replace', 'remove', 'add'),
    value: oddValues,
    name: fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.constantFrom('type', 'target', 'engine', 'n', 'signature'),
    ),
  });
  return fc.array(change, { minLength: 0, maxLength: 3 }).map((changes) => {
    const root = { it: structuredClone(example) };
    for (const { path, how, value, name } of changes) {
      const parent = path.slice(0, -1).reduce<unknown>(step, root);
      const key = path.at(-1) ?? 'it';
      if (!isObject(parent)) continue;
      if (how === 'remove' && path.length > 1) delete parent[key];
      else if (how === 'add' && isObject(parent[key])) define(parent[key], name, value);
      else parent[key] = value;
    }
    return root.it;
  });
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
const step = (value: unknown, key: string): unknown => (isObject(value) ? value[key] : undefined);
const define = (object: object, name: string, value: unknown): void => {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
};

function pathsOf(value: unknown, at: readonly string[] = ['it']): readonly (readonly string[])[] {
  if (!isObject(value)) return [at];
  return [at, ...Object.entries(value).flatMap(([key, member]) => pathsOf(member, [...at, key]))];
}

const invalidUtf8 = (text: string): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(
      fc.nat({ max: text.length }),
      fc.constantFrom([0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0, 0]),
    )
    .map(([at, wrong]) =>
      Buffer.concat([bytes(text.slice(0, at)), Buffer.from(wrong), bytes(text.slice(at))]),
    );

const polluting = [
  '"__proto__":{"polluted":true}',
  '"constructor":{"prototype":{"polluted":true}}',
  '"\\u005f_proto__":{"polluted":true}',
  '"prototype":{"polluted":true}',
  '"__proto__":null',
  '"toString":null,"hasOwnProperty":1,"then":"x"',
];
const polluted = (text: string): fc.Arbitrary<string> =>
  fc.tuple(fc.constantFrom(...polluting), fc.nat()).map(([member, nth]) => {
    const places = [...text.matchAll(/\{/g)].map(({ index }) => index + 1);
    const at = places[nth % Math.max(1, places.length)] ?? 0;
    return `${text.slice(0, at)}${member}${text[at] === '}' ? '' : ','}${text.slice(at)}`;
  });

const cut = (text: string): fc.Arbitrary<string> =>
  fc.nat({ max: text.length }).map((at) => text.slice(0, at));

/** So deep that whatever goes down it by calling itself may run out of stack. */
const nested = (text: string): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(40, 200, 2_000, 20_000), fc.constantFrom('[', '{"a":'), fc.boolean())
    .map(([depth, open, inside]) => {
      const deep = `${open.repeat(depth)}1${(open === '[' ? ']' : '}').repeat(depth)}`;
      return inside ? text.replace(/\}$/, `,"params":${deep},"metrics":${deep}}`) : deep;
    });

const odd = (text: string): fc.Arbitrary<string> =>
  fc.constantFrom(
    '',
    ' ',
    'null',
    '[]',
    '"text"',
    '1e999',
    'NaN',
    '{}{}',
    `\ufeff${text}`,
    `${text}\u0000`,
    `[${text}]`,
    text.replace(/\}$/, ',"type":"other","type":"requested"}'),
    text.replaceAll('"', "'"),
    `{${Array.from({ length: 4_000 }, (_, at) => `"\\u0001${at}":0`).join(',')}}`,
  );

/** As much as the server takes, or nearly. */
const huge = (text: string, maxPayload: number): fc.Arbitrary<Uint8Array> => {
  const most = maxPayload - 20_000;
  return fc
    .constantFrom<() => Uint8Array>(
      () => Buffer.alloc(most, 'a'),
      () => Buffer.alloc(most),
      () => bytes('['.repeat(most)),
      () => bytes(text.replace(/\}$/, `,"reason":"${'x'.repeat(most - text.length - 20)}"}`)),
      () => bytes(`{${'"a":[],'.repeat(100_000)}"b":1}`),
      () => bytes(`{"a":"${'\\u0001'.repeat(150_000)}"}`),
    )
    .map((make) => make());
};
