import { parseJson } from '#libs/contracts/json';
import { usageError } from './command-error.ts';

/** Parameters as `name=value`: the value is JSON where it can be read as JSON, and the text as it stands otherwise. */
export function paramsOf(given: readonly string[]): Readonly<Record<string, unknown>> {
  const pairs = given.map((text) => {
    const at = text.indexOf('=');
    if (at < 1) throw usageError(`--param ${text}: there is no name before a =`, 'write --param name=value');
    return [text.slice(0, at), readValue(text.slice(at + 1))] as const;
  });
  const names = pairs.map(([name]) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw usageError(`--param ${twice} is given twice`);
  return Object.fromEntries(pairs);
}

function readValue(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}
