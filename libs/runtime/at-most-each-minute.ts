import type { Clock } from './clock.ts';

const againAfterMs = 60_000;

/** True the first time, whenever it is about something else than before, and a minute later. */
export function atMostEachMinute(clock: Clock): (about: string) => boolean {
  let last: { readonly about: string; readonly at: number } | undefined;
  return (about) => {
    const now = clock.now();
    if (last?.about === about && now - last.at < againAfterMs) return false;
    last = { about, at: now };
    return true;
  };
}
