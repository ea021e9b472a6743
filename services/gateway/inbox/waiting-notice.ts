import type { Log } from '#libs/runtime/log';

/** Says once that messages wait, and once that they do no longer, however many they are. */
export type WaitingNotice = { because(error: Error): void; over(): void };

export function createWaitingNotice(log: Log): WaitingNotice {
  let cause: string | undefined;
  return {
    because: (error) => {
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
  };
}
