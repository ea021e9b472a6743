const waitPreference = /^\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:;.*)?$/i;

/**
 * Seconds from `Prefer: wait=N` (RFC 7240), at most `mostSeconds`; undefined when the header does not speak of it,
 * `malformed` when it does in a way that cannot be read. Other preferences are left alone.
 */
export function waitSecondsOf(
  header: string | undefined,
  mostSeconds: number,
): number | undefined | 'malformed' {
  const wish = header?.split(',').find((preference) => /^\s*wait\b/i.test(preference));
  if (wish === undefined) return undefined;
  const digits = waitPreference.exec(wish)?.[1];
  return digits === undefined ? 'malformed' : Math.min(Number(digits), mostSeconds);
}
