import { isDeepStrictEqual } from 'node:util';
import { commandSchema } from './argv.ts';
import { hasForm, sayForm, type ValueForm } from './value-form.ts';

/** What one command takes. What is not named here it does not get. */
export type CommandGrammar = {
  /** Arguments that always come first, whatever is asked for. */
  readonly fixed?: readonly string[];
  /** Arguments that stand for themselves. */
  readonly flags?: readonly string[];
  /** Arguments with a value: the word after it, or what follows `=` where the argument begins with `--`. */
  readonly options?: Readonly<Record<string, ValueForm>>;
  /** May flags of one letter be written together, `-tan`? The last may take a value; a number also without a blank, `-bn1`. */
  readonly clusters?: boolean;
  /** Flags of one letter in whose place another that means the same is run. */
  readonly instead?: Readonly<Record<string, string>>;
  /** Words that are no flags. */
  readonly operands?: { readonly most: number; readonly form: ValueForm };
};

/** Every command that may be run, by its exact name. */
export type CommandTable = ReadonlyMap<string, CommandGrammar>;

export type Judgement =
  | { readonly kind: 'allowed'; readonly argv: readonly string[] }
  /** The message names the argument, and what is allowed. */
  | { readonly kind: 'denied'; readonly message: string };

/**
 * May this be run? Allowed, the argv is the name, what is fixed, and then the very words that were asked for, but for
 * what the grammar puts `instead`. Pure.
 */
export function judge(words: readonly string[], table: CommandTable): Judgement {
  const [name = '', ...given] = words;
  const grammar = table.get(name);
  if (!grammar) return denied(unknownCommand(name, table));
  const read = readArguments(name, given, grammar);
  if (typeof read === 'string') return denied(`${read}. ${allowedBy(name, grammar)}`);
  return { kind: 'allowed', argv: [name, ...(grammar.fixed ?? []), ...read] };
}

/** Is it the very argv that an allowed command comes to? Pure. */
export function isAllowedArgv(argv: readonly string[], table: CommandTable): boolean {
  const [name = '', ...rest] = argv;
  const fixed = table.get(name)?.fixed ?? [];
  const words = [name, ...rest.slice(fixed.length)];
  if (!commandSchema.safeParse(words).success) return false;
  const judged = judge(words, table);
  return judged.kind === 'allowed' && isDeepStrictEqual(judged.argv, argv);
}

/** The arguments to run, or what is wrong with one of them. */
function readArguments(
  name: string,
  given: readonly string[],
  grammar: CommandGrammar,
): readonly string[] | string {
  const { flags = [], options = {}, operands } = grammar;
  const read = [...given];
  let left = operands?.most ?? 0;
  for (let at = 0; at < given.length; at += 1) {
    const word = given[at] ?? '';
    if (flags.includes(word) || isCluster(word, grammar)) {
      read[at] = replaced(word, grammar);
      continue;
    }
    const taken = optionOf(word, grammar);
    if (taken) {
      read[at] = replaced(word, grammar);
      const form = options[taken.option];
      const value = taken.value ?? given[at + 1];
      if (form === undefined || value === undefined) return `${taken.option} of ${name} lacks its value`;
      if (!hasForm(value, form))
        return `${shown(value)} is nothing that ${taken.option} of ${name} takes; it takes ${sayForm(form)}`;
      if (taken.value === undefined) at += 1;
    } else if (word.startsWith('-') || operands === undefined || !hasForm(word, operands.form)) {
      return `${shown(word)} is not allowed as an argument of ${name}`;
    } else if (left === 0) {
      return `${shown(word)} is one argument too many for ${name}`;
    } else left -= 1;
  }
  return read;
}

function replaced(word: string, { instead = {} }: CommandGrammar): string {
  if (!/^-[A-Za-z0-9]+$/.test(word)) return word;
  return `-${[...word.slice(1)].map((letter) => instead[`-${letter}`]?.slice(1) ?? letter).join('')}`;
}

type Taken = { readonly option: string; readonly value?: string };

function optionOf(word: string, { options = {}, flags = [], clusters }: CommandGrammar): Taken | undefined {
  if (Object.hasOwn(options, word)) return { option: word };
  const equals = word.indexOf('=');
  const long = word.startsWith('--') && equals > 0 ? word.slice(0, equals) : undefined;
  if (long !== undefined && Object.hasOwn(options, long))
    return { option: long, value: word.slice(equals + 1) };
  if (clusters !== true || !/^-[A-Za-z0-9]+$/.test(word)) return undefined;
  const at = [...word].findIndex((letter) => Object.hasOwn(options, `-${letter}`));
  const value = word.slice(at + 1);
  if (at < 1 || !/^\d*$/.test(value) || !(at === 1 || lettersOf(word.slice(0, at), flags))) return undefined;
  return { option: `-${word[at]}`, ...(value === '' ? {} : { value }) };
}

function isCluster(word: string, { flags = [], clusters }: CommandGrammar): boolean {
  return clusters === true && lettersOf(word, flags);
}

function lettersOf(word: string, flags: readonly string[]): boolean {
  return /^-[A-Za-z0-9]+$/.test(word) && [...word.slice(1)].every((letter) => flags.includes(`-${letter}`));
}

function unknownCommand(name: string, table: CommandTable): string {
  const known = [...table.keys()].join(', ');
  const plain = name.split('/').at(-1) ?? '';
  const hint = plain !== name && table.has(plain) ? `Write the name without a path: ${plain}. ` : '';
  return `${shown(name)} is no command that may be run. ${hint}Allowed: ${known}`;
}

function allowedBy(name: string, { flags = [], options = {}, operands }: CommandGrammar): string {
  const valued = Object.entries(options).map(([option, form]) => `${option} with ${sayForm(form)}`);
  const words = operands === undefined ? [] : [`at most ${operands.most} of: ${sayForm(operands.form)}`];
  const all = [...flags, ...valued, ...words];
  return all.length === 0 ? `${name} takes no arguments` : `Allowed for ${name}: ${all.join('; ')}`;
}

function denied(message: string): Judgement {
  return { kind: 'denied', message };
}

function shown(word: string): string {
  return JSON.stringify(word.length > 60 ? `${word.slice(0, 60)}…` : word);
}
