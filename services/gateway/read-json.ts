import { isDeeperThan, jsonWithin, parseJson, repeatedName } from '#libs/contracts/json';
import { invalidField, Problem } from '#libs/contracts/problem';

/** Longest body or message that is read. What comes of it must fit into one NATS message. */
export const longestBodyBytes = 64 * 1024;

const deepest = 32;

/** What came, without a byte order mark. Throws `invalid_request` for what is no UTF-8 text. */
export function readText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw bad('is not UTF-8 text');
  }
}

/** Throws `invalid_request` for JSON with a name that stands twice in one object: parsers differ in which of them counts. */
export function refuseRepeated(text: string): void {
  const field = repeatedName(text);
  if (field !== undefined) throw invalidField(field || '""', 'stands twice; say it once');
}

/** What a value that is JSON text says; any other value as it is. */
export function opened(value: unknown): unknown {
  return typeof value === 'string' ? (jsonWithin(value, deepest) ?? value) : value;
}

/** JSON from outside. Throws `invalid_request` for what is no JSON, has forbidden keys or is nested too deeply. */
export function readJson(text: string): unknown {
  const value = parseText(text);
  if (isDeeperThan(value, deepest)) throw bad(`is nested more than ${deepest} levels deep`);
  return value;
}

function parseText(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw bad(`is not JSON: ${error.message}`);
    // The only other failure is the parser's stack.
    throw bad(`is nested more than ${deepest} levels deep`);
  }
}

function bad(message: string): Problem {
  return new Problem('invalid_request', `The body ${message}. Send one JSON object.`, {
    errors: [{ field: 'body', message }],
  });
}
