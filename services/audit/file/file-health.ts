import { atMostEachMinute } from '#libs/runtime/at-most-each-minute';
import type { Clock } from '#libs/runtime/clock';
import type { Health, PartState } from '#libs/runtime/health';
import type { Log } from '#libs/runtime/log';
import { type FileTrouble, healthOf, nothingLost } from './trouble.ts';

const part = 'audit_file';
const endsInARow = 3;
const endsOverAndOver: PartState = {
  ok: false,
  cause:
    'the audit cannot record anything: appending to its file ends over and over, and not because of the file',
  remedy: `look at the log of the audit service, which says why, and let all services run the same version; ${nothingLost}`,
};

/** Whether the file can be written, and is, for the health of the service and for its log. */
export interface FileHealth {
  /** The file can be used. */
  good(): void;
  /** A record was written, or appending goes on undisturbed with nothing to record. */
  goesOn(): void;
  /** Appending ended for another reason than the file; told once this has come to pass three times before `goesOn`. */
  ended(): void;
  /** May be told as often as it happens: the log says the same at most once a minute. */
  bad(trouble: FileTrouble): void;
}

export function createFileHealth(health: Health, log: Log, clock: Clock, path: string): FileHealth {
  const mayTell = atMostEachMinute(clock);
  let untold = true;
  let ends = 0;
  let unusable: PartState | undefined;
  const report = (): void =>
    health.report(part, unusable ?? (ends < endsInARow ? { ok: true } : endsOverAndOver));
  return {
    good: () => {
      unusable = undefined;
      report();
      if (!untold) log.info({ path }, `the audit file ${path} can be used again; what waited is written now`);
      untold = true;
    },
    goesOn: () => {
      ends = 0;
      report();
    },
    ended: () => {
      ends += 1;
      report();
    },
    bad: (trouble) => {
      const state = healthOf(trouble, path);
      unusable = state;
      report();
      if (!mayTell(state.cause)) return;
      untold = false;
      log.error(
        { path, code: trouble.code, remedy: state.remedy },
        `${state.cause}. What to do: ${state.remedy}`,
      );
    },
  };
}
