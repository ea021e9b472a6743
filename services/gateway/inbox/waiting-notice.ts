import type { Clock } from '#libs/runtime/clock';
import type { Log } from '#libs/runtime/log';

/** Says once that messages wait, and once that they do no longer, however many they are. */
export type WaitingNotice = {
  because(error: Error, engine: string | undefined): void;
  over(): void;
  /** Why messages for the engine waited last, if any did at that instant or later. */
  causeSince(engine: string | undefined, sinceMs: number): string | undefined;
};

export function createWaitingNotice(log: Log, clock: Clock): WaitingNotice {
  let cause: string | undefined;
  const last = new Map<string | undefined, { readonly message: string; readonly atMs: number }>();
  return {
    because: (error, engine) => {
      last.set(engine, { message: error.message, atMs: clock.now() });
      if (error.message === cause) return;
      cause = error.message;
      log.warn(
        { err: error },
        'requests wait in the inbox; they are taken up when the cause is gone, unless they expire',
      );
    },
    over: () => {
      if (cause !== undefined) log.info('requests of the inbox are taken up again');
      cause = undefined;
    },
    causeSince: (engine, sinceMs) => {
      const known = last.get(engine);
      return known && known.atMs >= sinceMs ? known.message : undefined;
    },
  };
}
