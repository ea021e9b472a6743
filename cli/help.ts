import type { Command, OptionSpecs } from './command.ts';
import { globalOptions } from './command-line.ts';
import { exitCodes, exitMeanings } from './exit-codes.ts';
import { pairLines } from './table.ts';

/** `hemostat --help`. */
export function overview(commands: readonly Command[]): readonly string[] {
  return [
    'hemostat heals Docker containers, safely: decided once, executed at most once, verified, recorded.',
    '',
    'hemostat <command> [arguments] [options]',
    '',
    ...indented(
      pairLines(commands.map(({ name, takes, summary }) => [`${name} ${takes.text}`.trim(), summary])),
    ),
    '',
    'For every command:',
    ...indented(optionLines(globalOptions)),
    '',
    'Exit codes:',
    ...indented(exitCodeLines()),
    '',
    'hemostat <command> --help says more.',
  ];
}

/** `hemostat <command> --help`. */
export function helpOf({ name, summary, takes, options, notes = [] }: Command): readonly string[] {
  const own = Object.keys(options).length > 0;
  return [
    `hemostat ${name}${takes.text === '' ? '' : ` ${takes.text}`}${own ? ' [options]' : ''}`,
    '',
    `${summary}.`,
    ...notes,
    ...(own ? ['', 'Options:', ...indented(optionLines(options))] : []),
    '',
    'For every command:',
    ...indented(optionLines(globalOptions)),
    '',
    'Exit codes:',
    ...indented(exitCodeLines()),
  ];
}

function optionLines(specs: OptionSpecs): readonly string[] {
  return pairLines(
    Object.entries(specs).map(([name, { short, value, type, about }]) => {
      const long = `--${name}${type === 'flag' ? '' : ` ${value ?? '<value>'}`}`;
      return [short === undefined ? `    ${long}` : `-${short}, ${long}`, about];
    }),
  );
}

function exitCodeLines(): readonly string[] {
  const names = Object.keys(exitCodes) as (keyof typeof exitCodes)[];
  return pairLines(names.map((name) => [String(exitCodes[name]).padStart(3), exitMeanings[name]]));
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}
