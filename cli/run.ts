import { version } from '#libs/contracts/version';
import { ConfigError } from '#libs/runtime/config';
import type { Command } from './command.ts';
import { CommandError } from './command-error.ts';
import {
  checkArguments,
  findCommand,
  type Globals,
  globalOptions,
  readOptions,
  unknownCommand,
} from './command-line.ts';
import { commands } from './commands/catalogue.ts';
import type { Context } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { gatewayAt } from './gateway.ts';
import { helpOf, overview } from './help.ts';
import { screenOn } from './screen.ts';
import { clientSettings } from './settings.ts';
import { plain } from './table.ts';

/** One command line, from its words to its exit code. Whatever goes wrong is said with cause and remedy. */
export async function runCommandLine(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  interruption: () => AbortSignal,
): Promise<number> {
  const json = argv.includes('--json');
  const out = screenOn(process.stdout, env);
  const notes = screenOn(process.stderr, env);
  const show: Context['show'] = (document, lines) => {
    for (const line of json ? [JSON.stringify(document)] : lines()) out.line(line);
  };
  try {
    const { command, words, rest } = findCommand(argv, commands);
    if (!command) return withoutCommand(words, rest, show);
    const { args, options } = readOptions(rest, { ...globalOptions, ...command.options });
    const globals = readGlobals(options);
    if (globals.help) return tell(show, helpOf(command));
    if (globals.version) return tell(show, [version]);
    checkArguments(command, args);
    const context: Context = {
      env,
      now: Date.now,
      out,
      notes,
      json,
      show,
      get signal() {
        return interruption();
      },
      gateway: () => gatewayAt(clientSettings(globals, env), interruption()),
    };
    return await command.run({ args, options }, context);
  } catch (error) {
    if (interruption().aborted) return exitCodes.interrupted;
    const known = asCommandError(error);
    if (json) out.line(JSON.stringify(known.document));
    notes.line(`${notes.paint('red', 'error:')} ${plain(known.message)}`);
    for (const line of known.lines) notes.line(`  ${plain(line)}`);
    if (known.remedy) notes.line(`${notes.paint('bold', 'what to do:')} ${plain(known.remedy)}`);
    return known.exitCode;
  }
}

function withoutCommand(words: readonly string[], rest: readonly string[], show: Context['show']): number {
  const group: readonly Command[] = commands.filter(({ name }) => name.startsWith(`${words[0]} `));
  const inGroup = words.length === 1 && group.length > 0;
  const own = inGroup ? rest.filter((word) => word !== words[0]) : rest;
  if (words.length > 0 && !inGroup) throw unknownCommand(words, commands);
  const globals = readGlobals(readOptions(own, globalOptions).options);
  if (globals.version) return tell(show, [version]);
  tell(show, overview(inGroup ? group : commands));
  return inGroup && !globals.help ? exitCodes.usage : exitCodes.well;
}

function tell(show: Context['show'], lines: readonly string[]): number {
  show({ text: lines.join('\n') }, () => lines);
  return exitCodes.well;
}

function readGlobals(options: Readonly<Record<string, unknown>>): Globals {
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  return {
    url: text(options.url),
    token: text(options.token),
    json: options.json === true,
    help: options.help === true,
    version: options.version === true,
  };
}

function asCommandError(error: unknown): CommandError {
  if (error instanceof CommandError) return error;
  if (error instanceof ConfigError) {
    const [head = '', ...lines] = error.message.split('\n');
    return new CommandError(exitCodes.badSetting, head.replace(/:$/, '.'), {
      code: 'bad_setting',
      lines: lines.map((line) => line.trim()),
      document: { code: 'bad_setting', detail: error.message, problems: error.problems },
    });
  }
  const why = error instanceof Error ? error.message : String(error);
  return new CommandError(exitCodes.unwell, `Something went wrong inside: ${why}`, {
    code: 'internal',
    remedy: 'this is a bug in the hemostat command; say what you did when you report it',
  });
}
