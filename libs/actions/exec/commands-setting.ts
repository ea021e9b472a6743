import { z } from 'zod';
import { parseJson } from '#libs/contracts/json';
import { builtInCommands } from './commands.ts';
import type { CommandGrammar, CommandTable } from './grammar.ts';

const example =
  '{"pg_isready": {"flags": ["-q"], "options": {"-t": "number"}, "operands": {"most": 0, "form": "name"}}}';

/** Programs that run what their arguments say: a grammar for them would be a hole in all the others. */
const runners =
  'sh ash bash dash zsh ksh csh tcsh fish busybox toybox sudo su doas xargs nohup nice ionice setsid setpriv unshare nsenter chroot timeout watch script expect awk gawk mawk perl python python2 python3 ruby node php lua tclsh find ssh docker strace ltrace gdb eval exec command'.split(
    ' ',
  );

const text = (error: string) => z.string({ error }).regex(/^[\x20-\x7e]{1,64}$/, { error });
const dashed = (error: string) => text(error).regex(/^-/, { error });
const flag = text('a word of 1 to 64 printable characters, for example "-q"');
const patternForm = z.strictObject({
  pattern: z.string().max(256).refine(isPattern, { error: 'a regular expression' }),
  says: text('what it means in words, for example "a size such as 1M"'),
});
const words = z.array(flag).min(1).max(64);
const form = z.union(
  [
    z.enum(['number', 'name', 'path']),
    z.strictObject({ one_of: words }),
    z.strictObject({ list_of: words }),
    patternForm,
  ],
  {
    error: '"number", "name", "path", {"one_of": ["…"]}, {"list_of": ["…"]} or {"pattern": "…", "says": "…"}',
  },
);
const grammarSchema = z.strictObject(
  {
    fixed: z.array(flag).max(16).optional(),
    flags: z.array(flag).max(64).optional(),
    options: z.record(dashed('an argument that begins with "-"'), form).optional(),
    clusters: z.boolean({ error: 'true or false' }).optional(),
    operands: z.strictObject({ most: z.int().min(0).max(16), form }).optional(),
  },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `only fixed, flags, options, clusters and operands (found ${issue.keys.join(', ')})`
        : 'an object such as {"flags": ["-q"]}',
  },
);

/**
 * The text of HEMOSTAT_EXEC_COMMANDS: commands beside the built-in ones, each with its grammar. Gives the whole table.
 * What it complains of names the entry.
 */
export const commandsSetting = z
  .string()
  .default('{}')
  .transform((given, context): CommandTable => {
    const complain = (message: string): void => context.addIssue({ code: 'custom', message });
    const list = z.record(z.string(), z.unknown()).safeParse(jsonOf(given));
    if (!list.success) {
      complain(`a JSON object that says of each command what it takes, for example ${example}`);
      return z.NEVER;
    }
    const further = Object.entries(list.data).flatMap(([name, entry]): [string, CommandGrammar][] => {
      const unfit = whyNot(name);
      if (unfit !== undefined) complain(`${JSON.stringify(name)}: ${unfit}`);
      const read = grammarSchema.safeParse(entry);
      for (const { path, message } of read.error?.issues ?? []) {
        complain(`${[JSON.stringify(name), ...path.map(String)].join('.')}: ${message}`);
      }
      return read.success ? [[name, toGrammar(read.data)]] : [];
    });
    return new Map([...builtInCommands, ...further]);
  });

function whyNot(name: string): string | undefined {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}$/.test(name))
    return 'a name without a path, for example "pg_isready"';
  if (builtInCommands.has(name)) return 'another name: this command is built in, and its grammar is fixed';
  return runners.includes(name) ? 'another command: this one runs whatever its arguments say' : undefined;
}

function toGrammar({
  fixed,
  flags,
  options,
  clusters,
  operands,
}: z.output<typeof grammarSchema>): CommandGrammar {
  return {
    ...(fixed ? { fixed } : {}),
    ...(flags ? { flags } : {}),
    ...(options ? { options } : {}),
    ...(clusters === undefined ? {} : { clusters }),
    ...(operands ? { operands } : {}),
  };
}

function jsonOf(given: string): unknown {
  try {
    return parseJson(given);
  } catch {
    return undefined;
  }
}

function isPattern(source: string): boolean {
  try {
    new RegExp(source);
    return true;
  } catch {
    return false;
  }
}
