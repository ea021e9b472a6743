import { failpoint } from '#libs/runtime/failpoint';

/**
 * Sends what is published in one turn of the event loop in one write: each write of its own is a system call here and a
 * read in the server. What goes through it keeps its order; what does not may overtake it.
 */
export interface Outbox {
  /** At the end of this turn. Rejects when the client refuses, because the message is too long or the connection closed. */
  send(publish: () => void): Promise<void>;
  /** For what nobody waits for: along with the next message, or a few milliseconds later. What is refused is lost. */
  sendSoon(publish: () => void): void;
  flush(): void;
}

const soonMs = 5;

export function openOutbox(): Outbox {
  let leaving: (() => void)[] = [];
  let scheduled: NodeJS.Immediate | undefined;
  let later: NodeJS.Timeout | undefined;

  const flush = (): void => {
    clearImmediate(scheduled);
    clearTimeout(later);
    scheduled = undefined;
    later = undefined;
    failpoint('outbox-before-flush');
    const batch = leaving;
    leaving = [];
    for (const publish of batch) publish();
  };
  return {
    flush,
    send: (publish) =>
      new Promise((resolve, reject) => {
        leaving.push(() => {
          try {
            publish();
            resolve();
          } catch (error) {
            reject(error);
          }
        });
        scheduled ??= setImmediate(flush);
      }),
    sendSoon: (publish) => {
      leaving.push(() => {
        try {
          publish();
        } catch {}
      });
      later ??= setTimeout(flush, soonMs);
    },
  };
}
