import type { Clock } from '#libs/runtime/clock';
import type { Log } from '#libs/runtime/log';
import type { ChainFile } from '../file/chain-file.ts';
import { ChangedBySomebody, FileTrouble } from '../file/trouble.ts';

export type WatchFilePorts = {
  readonly file: Pick<ChainFile, 'check'>;
  readonly everyMs: number;
  readonly clock: Clock;
  readonly log: Log;
};

/**
 * Looks at the file also while nothing is appended, for a process that paused may write to it at any moment. Resolves
 * when the file has to be read anew, or when the signal aborts. Never rejects.
 */
export async function watchFile(
  { file, everyMs, clock, log }: WatchFilePorts,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(everyMs, signal);
    if (signal.aborted) return;
    try {
      const bytes = await file.check();
      if (bytes > 0)
        log.warn({ bytes }, 'a process that had paused wrote to a full audit file; cut off again');
    } catch (error) {
      if (error instanceof FileTrouble) {
        log.debug({ err: error }, 'the audit file could not be looked at; trying again');
        continue;
      }
      if (error instanceof ChangedBySomebody)
        log.warn('something else wrote to the audit file, or moved it; it is read anew and goes on');
      return;
    }
  }
}
