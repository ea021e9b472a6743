import { fromInstant, toInstant } from '#libs/runtime/instant';
import { usageError } from './command-error.ts';

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };
const part = /(\d{1,9})([smhdw])/g;

/** Seconds of `90`, `30m`, `1h30m` or `7d`; undefined for anything else. */
export function secondsOf(text: string): number | undefined {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  if (!/^(\d{1,9}[smhdw])+$/.test(text)) return undefined;
  return [...text.matchAll(part)].reduce(
    (sum, [, count, unit = '']) => sum + Number(count) * (unitSeconds[unit] ?? 0),
    0,
  );
}

/** The value of an option as seconds. Throws when it is none. */
export function durationOption(option: string, text: string): number {
  const seconds = secondsOf(text);
  if (seconds !== undefined) return seconds;
  throw usageError(
    `--${option} ${text}: this is no duration`,
    'write it like 90s, 30m, 2h or 7d; digits alone are seconds',
  );
}

/** The value of an option as an instant: RFC 3339, or how long before now. Throws when it is neither. */
export function momentOption(option: string, text: string | undefined, now: number): string | undefined {
  if (text === undefined) return undefined;
  const ago = secondsOf(text);
  if (ago !== undefined) return toInstant(now - ago * 1_000);
  return instantOption(option, text);
}

/** The value of an option as an instant in RFC 3339. Throws when it is none. */
export function instantOption(option: string, text: string): string {
  try {
    return toInstant(fromInstant(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text));
  } catch {
    throw usageError(
      `--${option} ${text}: this is neither a timestamp nor a duration`,
      'write it like 2026-01-31T12:00:00Z, 2026-01-31, 24h or 30m',
    );
  }
}

/** The value of an option as a whole number from 1. Throws when it is none. */
export function countOption(option: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw usageError(`--${option} ${text}: this is no whole number from 1`);
}

/** In the two largest units that it has: `1h 4m`. */
export function sayDuration(seconds: number): string {
  let left = Math.max(0, Math.round(seconds));
  const words: string[] = [];
  for (const unit of ['d', 'h', 'm', 's']) {
    const size = unitSeconds[unit] ?? 1;
    if (left >= size) words.push(`${Math.floor(left / size)}${unit}`);
    left %= size;
  }
  return words.slice(0, 2).join(' ') || '0s';
}
