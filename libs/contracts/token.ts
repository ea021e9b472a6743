const PLAIN = /^[A-Za-z0-9_-]$/;

/**
 * Turns any text into one NATS subject token that is also a valid KV key: `[A-Za-z0-9_-]` stays,
 * any other byte of its UTF-8 form becomes `=HH`. The token never contains `.`, `*`, `>` or a space.
 */
export function encodeToken(text: string): string {
  let token = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const char = String.fromCharCode(byte);
    token += PLAIN.test(char) ? char : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return token;
}

/** The inverse of `encodeToken`. Throws a `RangeError` on text that `encodeToken` cannot have made. */
export function decodeToken(token: string): string {
  const bytes: number[] = [];
  for (let at = 0; at < token.length; at += 1) {
    const char = token.charAt(at);
    if (PLAIN.test(char)) {
      bytes.push(char.charCodeAt(0));
      continue;
    }
    const hex = token.slice(at + 1, at + 3);
    if (char !== '=' || !/^[0-9A-F]{2}$/.test(hex)) throw new RangeError(`not an encoded token: ${token}`);
    bytes.push(Number.parseInt(hex, 16));
    at += 2;
  }
  return Buffer.from(bytes).toString('utf8');
}
