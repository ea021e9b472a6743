import { usageError } from './command-error.ts';

/** Name and value of an option's `name=value`. Throws where there is no name; `form` shows how to write it. */
export function pairOf(option: string, text: string, form: string): readonly [name: string, value: string] {
  const at = text.indexOf('=');
  if (at < 1)
    throw usageError(`--${option} ${text}: there is no name before a =`, `write --${option} ${form}`);
  return [text.slice(0, at), text.slice(at + 1)];
}
