import type { Clock } from '#libs/runtime/clock';
import type { DockerEngine } from '../docker/docker-engine.ts';
import { DockerError } from '../docker/docker-error.ts';

export type Connected<T> = {
  readonly engine: DockerEngine;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Reads everything there is. */
  readonly read: () => Promise<T>;
  /** What was read, for as long as the connection it was read in stands. */
  readonly onRead: (all: T) => void;
  /** Once for each reason why there is no connection. */
  readonly onDown: (error: DockerError) => void;
};

const readEveryMs = 60_000;
const pingEveryMs = 5_000;
const retryMs = 500;

/** Reads anew at every change, every minute, and whenever the engine comes back. Resolves when the signal aborts. */
export async function stayConnected<T>(watch: Connected<T>): Promise<void> {
  let saidDown: string | undefined;
  while (!watch.signal.aborted) {
    const error = await oneConnection({
      ...watch,
      onRead: (all) => {
        saidDown = undefined;
        watch.onRead(all);
      },
    });
    if (watch.signal.aborted) return;
    if (error.message !== saidDown) watch.onDown(error);
    saidDown = error.message;
    await watch.clock.sleep(retryMs, watch.signal);
  }
}

/** Resolves to the reason for which the connection ended. */
async function oneConnection<T>(watch: Connected<T>): Promise<DockerError> {
  const { engine, clock, read, onRead } = watch;
  const closing = new AbortController();
  const signal = AbortSignal.any([watch.signal, closing.signal]);
  const readNow = async (): Promise<void> => {
    const all = await read();
    if (!signal.aborted) onRead(all);
  };
  try {
    const { ended } = await engine.watch(() => void readNow().catch(() => closing.abort()), signal);
    void ended.then(() => closing.abort());
    await readNow();
    for (let readAt = clock.now(); !signal.aborted; ) {
      await clock.sleep(pingEveryMs, signal);
      if (signal.aborted) break;
      if (clock.now() - readAt < readEveryMs) await engine.ping();
      else {
        readAt = clock.now();
        await readNow();
      }
    }
    return closed();
  } catch (error) {
    return error instanceof DockerError ? error : closed(error);
  } finally {
    closing.abort();
  }
}

function closed(cause?: unknown): DockerError {
  return new DockerError(
    {
      kind: 'no_answer',
      code: 'events_ended',
      cause: 'The Docker Engine closed the connection',
      remedy: 'check that it runs (docker ps); the mesh goes on by itself as soon as Docker answers',
    },
    cause,
  );
}
