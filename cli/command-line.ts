import { parseArgs } from 'node:util';
import type { Command, Given, OptionSpecs } from './command.ts';
import { usageError } from './command-error.ts';
import { nearest } from './nearest.ts';

/** What every command takes. */
export const globalOptions = {
  url: { type: 'text', value: '<url>', about: 'the gateway (HEMOSTAT_URL; http://127.0.0.1:9000)' },
  token: {
    type: 'text',
    value: '<token>',
    about:
      'bearer token; better HEMOSTAT_TOKEN_FILE or HEMOSTAT_TOKEN, which others on the machine cannot see',
  },
  json: {
    type: 'flag',
    about: 'one JSON document on stdout, a line of JSON for each event where they go on',
  },
  help: { type: 'flag', short: 'h', about: 'how to use the command' },
  version: { type: 'flag', short: 'V', about: 'the version' },
} as const satisfies OptionSpecs;
export type Globals = Given<typeof globalOptions>['options'];

/** A command line, taken apart. Without a command: `words` are those that name none. */
export type Line = {
  readonly command: Command | undefined;
  readonly words: readonly string[];
  readonly rest: readonly string[];
};

/** Finds the command among the words; options may stand before it. */
export function findCommand(argv: readonly string[], commands: readonly Command[]): Line {
  const words = positionsOf(argv);
  for (const count of [2, 1]) {
    const at = words.slice(0, count);
    const name = at.map(({ value }) => value).join(' ');
    const command = at.length === count ? commands.find((each) => each.name === name) : undefined;
    const rest = argv.filter((_, index) => !at.some((word) => word.index === index));
    if (command) return { command, words: [], rest };
  }
  return { command: undefined, words: words.map(({ value }) => value), rest: [...argv] };
}

function positionsOf(argv: readonly string[]) {
  return takeApart(argv, globalOptions).tokens.filter((token) => token.kind === 'positional');
}

/** Reads options and arguments. Throws a usage error that names what was probably meant. */
export function readOptions<O extends OptionSpecs>(args: readonly string[], specs: O): Given<OptionSpecs> {
  const { tokens, positionals } = takeApart(args, specs);
  const found = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const { name, rawName, value, inlineValue } = token;
    const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
    if (!spec) throw unknownOption(rawName, specs);
    if (spec.type === 'flag') {
      if (value !== undefined) throw usageError(`${rawName} takes no value`);
    } else if (value === undefined || (inlineValue === false && value.startsWith('-'))) {
      throw usageError(`${rawName} needs a value: ${rawName} ${spec.value ?? '<value>'}`);
    }
    if (spec.type === 'text' && found.has(name)) throw usageError(`${rawName} is given twice`);
    found.set(name, [...(found.get(name) ?? []), value ?? '']);
  }
  const options = Object.entries(specs).map(([name, { type }]) => {
    const values = found.get(name);
    if (type === 'flag') return [name, values !== undefined] as const;
    return [name, type === 'list' ? (values ?? []) : values?.[0]] as const;
  });
  return { args: positionals, options: Object.fromEntries(options) };
}

/** For a line with as many arguments as the command takes. */
export function checkArguments({ name, takes }: Command, args: readonly string[]): void {
  const usage = `hemostat ${name}${takes.text === '' ? '' : ` ${takes.text}`}`;
  if (args.length < takes.least) throw usageError(`an argument is missing`, `it is: ${usage}`);
  const surplus = args[takes.most];
  if (surplus !== undefined) throw usageError(`${JSON.stringify(surplus)} is too much`, `it is: ${usage}`);
}

export function unknownCommand(words: readonly string[], commands: readonly Command[]): Error {
  const [first = '', second = ''] = words;
  const names = commands.map(({ name }) => name);
  const group = names.filter((name) => name.startsWith(`${first} `));
  if (group.length === 0) {
    const firsts = names.flatMap((name) => name.split(' ')[0] ?? []);
    const meant = nearest(`${first} ${second}`, names) ?? nearest(first, [...new Set([...names, ...firsts])]);
    return noSuchCommand(first, meant && `did you mean ${meant}?`);
  }
  const meant = nearest(
    second,
    group.map((name) => name.slice(first.length + 1)),
  );
  return noSuchCommand(
    `${first} ${second}`,
    meant ? `did you mean ${first} ${meant}?` : `there are: ${group.join(', ')}`,
  );
}

function noSuchCommand(said: string, hint = 'hemostat --help shows them all'): Error {
  return usageError(`there is no command ${JSON.stringify(said)}`, hint);
}

function unknownOption(rawName: string, specs: OptionSpecs): Error {
  const meant = nearest(rawName.replace(/^-+/, ''), Object.keys(specs));
  return usageError(
    `there is no option ${rawName} here`,
    meant ? `did you mean --${meant}?` : 'see --help; what is no option goes after --',
  );
}

function takeApart(args: readonly string[], specs: OptionSpecs) {
  return parseArgs({
    args: [...args],
    options: configOf(specs),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
}

function configOf(specs: OptionSpecs) {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { type, short }]) => [
      name,
      {
        type: type === 'flag' ? ('boolean' as const) : ('string' as const),
        multiple: true,
        ...(short === undefined ? {} : { short }),
      },
    ]),
  );
}
