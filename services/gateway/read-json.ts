import { isDeeperThan, parseJson } from '#libs/contracts/json';
import { Problem } from '#libs/contracts/problem';

/** Longest body or message that is read. What comes of it must fit into one NATS message. */
export const longestBodyBytes = 64 * 1024;

const deepest = 32;

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
