import { parseJson } from '#libs/contracts/json';
import { usageError } from './command-error.ts';
import { pairOf } from './pair.ts';

/** Parameters as `name=value`: the value is JSON where it can be read as JSON, and the text as it stands otherwise. */
export function paramsOf(given: readonly string[]): Readonly<Record<string, unknown>> {
  const pairs = given.map((text) => {
    const [name, value] = pairOf('param', text, 'name=value');
    return [name, readValue(value)] as const;
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
