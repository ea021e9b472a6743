import type { Clock } from '#libs/runtime/clock';
import type { Health } from '#libs/runtime/health';
import type { Log } from '#libs/runtime/log';
import { type FileTrouble, healthOf } from './trouble.ts';

const part = 'audit_file';
const toldAgainAfterMs = 60_000;

/** Whether the file can be written, for the health of the service and for its log. */
export interface FileHealth {
  good(): void;
  /** May be told as often as it happens: the log says the same at most once a minute. */
  bad(trouble: FileTrouble): void;
}

export function createFileHealth(health: Health, log: Log, clock: Clock, path: string): FileHealth {
  const mayTell = atMostEachMinute(clock);
  let untold = true;
  return {
    good: () => {
      health.report(part, { ok: true });
      if (!untold) log.info({ path }, `the audit file ${path} can be used again; what waited is written now`);
      untold = true;
    },
    bad: (trouble) => {
      const state = healthOf(trouble, path);
      health.report(part, state);
      if (!mayTell(state.cause)) return;
      untold = false;
      log.error(
        { path, code: trouble.code, remedy: state.remedy },
        `${state.cause}. What to do: ${state.remedy}`,
      );
    },
  };
}

/** True the first time, whenever it is about something else than before, and a minute later. */
export function atMostEachMinute(clock: Clock): (about: string) => boolean {
  let last: { readonly about: string; readonly at: number } | undefined;
  return (about) => {
    const now = clock.now();
    if (last?.about === about && now - last.at < toldAgainAfterMs) return false;
    last = { about, at: now };
    return true;
  };
}
