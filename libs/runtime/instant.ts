const shape =
  /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:[.,](\d{1,9}))?(Z|z|[+-](?:[01]\d|2[0-3]):?[0-5]\d)?$/;

/**
 * RFC 3339 UTC with milliseconds, e.g. `2024-11-02T19:45:30.123Z`.
 * `ms` counts from the Unix epoch; a RangeError for what no date can hold.
 */
export function toInstant(ms: number): string {
  return new Date(ms).toISOString();
}

/**
 * Milliseconds since the Unix epoch. Without a zone the timestamp is read as UTC, because that is what
 * publishers that leave it out mean; digits below the millisecond are cut. A RangeError for anything else.
 */
export function fromInstant(s: string): number {
  const [, date = '', time = '', fraction = '', zone = 'Z'] = shape.exec(s) ?? [];
  const local = `${date}T${time}.${fraction.slice(0, 3).padEnd(3, '0')}`;
  const readAsUtc = new Date(`${local}Z`);
  // Date.parse takes 30 February for 1 March.
  if (Number.isNaN(readAsUtc.getTime()) || readAsUtc.toISOString() !== `${local}Z`) {
    throw new RangeError(`'${s.slice(0, 40)}' is not a timestamp like 2024-11-02T19:45:30.123Z`);
  }
  return readAsUtc.getTime() - offsetMs(zone);
}

/** Is `now` in it? Its end is not part of it. */
export function isWithin(
  { from, until }: { readonly from: string; readonly until: string },
  now: number,
): boolean {
  return fromInstant(from) <= now && now < fromInstant(until);
}

function offsetMs(zone: string): number {
  if (zone === 'Z' || zone === 'z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}
