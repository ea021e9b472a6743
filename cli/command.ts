import type { Context } from './context.ts';

export type OptionSpec = {
  readonly type: 'text' | 'flag' | 'list';
  readonly short?: string;
  /** How the help calls the value, for example `<duration>`. */
  readonly value?: string;
  readonly about: string;
};
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

type ValueOf<O extends OptionSpec> = O['type'] extends 'flag'
  ? boolean
  : O['type'] extends 'list'
    ? readonly string[]
    : string | undefined;
export type OptionValues<O extends OptionSpecs> = { readonly [K in keyof O]: ValueOf<O[K]> };

/** What stood on the command line, checked against what the command takes. */
export type Given<O extends OptionSpecs> = {
  readonly args: readonly string[];
  readonly options: OptionValues<O>;
};

/** One command of `hemostat`, in one file of `commands/`. */
export interface Command<O extends OptionSpecs = OptionSpecs> {
  /** One word, or two for a command of a group. */
  readonly name: string;
  readonly summary: string;
  /** The arguments as the help shows them, and how many there may be. */
  readonly takes: { readonly text: string; readonly least: number; readonly most: number };
  readonly options: O;
  /** Whole lines for the help. */
  readonly notes?: readonly string[];
  /** Comes to the exit code. Throws a `CommandError` with cause and remedy. */
  run(given: Given<O>, context: Context): Promise<number>;
}

/** Lets `run` know the types of the options that stand beside it. */
export function command<const O extends OptionSpecs>(spec: Command<O>): Command<O> {
  return spec;
}

export const noArguments = { text: '', least: 0, most: 0 } as const;
