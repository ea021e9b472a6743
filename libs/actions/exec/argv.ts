import { z } from 'zod';

/** One word of a command line: no control character, nothing that could be read as two words later on. */
const wordSchema = z
  .string()
  .min(1, { error: 'must not be empty' })
  .max(256)
  .regex(/^[\x20-\x7e]+$/, 'must hold printable ASCII characters only');

const argvSchema = z.array(wordSchema).min(1, { error: 'must have at least one word' }).max(32);

/** What a shell would read in a text. None does, so whoever writes one of these expects something else to happen. */
const shellSigns = /[\r\n;&|<>$`\\"'(){}[\]*?~#!]/;
// The same as a form, for schemas that are read elsewhere.
const textPattern = '^[ \\t]*W{1,256}([ \\t]+W{1,256}){0,31}[ \\t]*$'.replaceAll(
  'W',
  '[%+,./0-9:=@A-Z^_a-z-]',
);
const named: Readonly<Record<string, string>> = {
  '\n': 'a line break',
  '\r': 'a line break',
  '"': 'quotes',
  "'": 'quotes',
};

/** Splits a command at its blanks, and that is all. Undefined and a word on the reason when that could be misread. */
export function wordsOf(text: string): { readonly words: readonly string[] } | { readonly refusal: string } {
  const sign = shellSigns.exec(text)?.[0];
  if (sign === undefined) return { words: text.split(/[ \t]+/).filter((word) => word !== '') };
  const what = named[sign] ?? JSON.stringify(sign);
  return {
    refusal: `must not hold ${what}: no shell reads it. Send one command, and words with such signs as a list, for example ["date", "+%H %M"]`,
  };
}

/** A command as a text or as a list of words. Comes out as the list. */
export const commandSchema = z
  .union([z.string().max(4_096).meta({ pattern: textPattern }), argvSchema], {
    error:
      'must be a text such as "ps -ef", or a list of 1 to 32 words such as ["ps", "-ef"], each of 1 to 256 printable ASCII characters',
  })
  .transform((given, context) => {
    if (typeof given !== 'string') return given;
    const split = wordsOf(given);
    if ('words' in split) return [...split.words];
    context.addIssue({ code: 'custom', message: split.refusal });
    return z.NEVER;
  })
  .pipe(argvSchema);

/** How a person would write it. For reading only: nothing is ever run from it. */
export function commandText(argv: readonly string[]): string {
  return argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(' ');
}
