import type { Clock } from '#libs/runtime/clock';

export interface Queue<T> {
  /** True once the item is committed; false when it never will be. */
  add(item: T): Promise<boolean>;
  /** Takes no more, and drops what waits. */
  close(): void;
  /** Resolves after the last commit, with the error that ended it, if any. */
  readonly ended: Promise<unknown>;
}

export type QueueOptions<T> = {
  /** How far apart commits begin while one follows the other; the first after a rest, and a full one, begin at once. */
  readonly apart?: { readonly ms: number; readonly clock: Clock };
  readonly begin: () => Promise<void>;
  /** Called with what has gathered meanwhile, one batch at a time. Rejecting ends the queue. */
  readonly commit: (batch: readonly T[]) => Promise<void>;
  readonly sizeOf: (item: T) => number;
};

/** In one commit. */
export const mostItems = 256;
const mostBytes = 4 * 1024 * 1024;

type Waiting<T> = { readonly item: T; readonly done: (committed: boolean) => void };

/** Commits in groups: one fsync for all that gathered while the one before was under way. */
export function createQueue<T>(options: QueueOptions<T>): Queue<T> {
  const { begin, commit, sizeOf, apart } = options;
  const waiting: Waiting<T>[] = [];
  const closing = new AbortController();
  let closed = false;
  let wake = (): void => {};

  const take = (): Waiting<T>[] => {
    let bytes = 0;
    const fits = waiting.findIndex(({ item }, at) => {
      bytes += sizeOf(item);
      return at >= mostItems || (bytes > mostBytes && at > 0);
    });
    return waiting.splice(0, fits === -1 ? waiting.length : fits);
  };

  const rest = async (): Promise<void> => apart?.clock.sleep(apart.ms, closing.signal);

  const run = async (): Promise<unknown> => {
    let batch: Waiting<T>[] = [];
    try {
      await begin();
      while (!closed) {
        batch = take();
        if (batch.length === 0) {
          await new Promise<void>((woken) => {
            wake = woken;
          });
          continue;
        }
        const rested = rest();
        await commit(batch.map(({ item }) => item));
        for (const { done } of batch) done(true);
        batch = [];
        if (waiting.length < mostItems) await rested;
      }
      return undefined;
    } catch (error) {
      return error;
    } finally {
      closed = true;
      for (const { done } of [...batch, ...waiting.splice(0)]) done(false);
    }
  };
  const ended = run();

  return {
    add: (item) =>
      new Promise((done) => {
        if (closed) return done(false);
        waiting.push({ item, done });
        wake();
      }),
    close: () => {
      closed = true;
      closing.abort('closed');
      wake();
    },
    ended,
  };
}
