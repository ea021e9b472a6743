import type { Clock } from '#libs/runtime/clock';

/** An event as `text/event-stream` has it. */
export type ServerSentEvent = { readonly id: number; readonly event: string; readonly data: unknown };

export const heartbeatMs = 15_000;

// What comes first makes the headers leave at once; a client that loses the connection comes back after a second.
const opening = 'retry: 1000\n';
// For proxies that take silence for a dead connection.
const heartbeat = ': still here\n\n';

/**
 * The events as text, with a sign of life whenever none came for a while. Ends with the events. With `from` the client
 * knows where it stands before the first event, so that it misses nothing when it has to come back before that.
 */
export async function* eventStreamText(
  events: AsyncGenerator<ServerSentEvent, void>,
  clock: Clock,
  from?: number,
): AsyncGenerator<string, void> {
  yield from === undefined ? `${opening}\n` : `${opening}id: ${from}\n\n`;
  let next = events.next();
  try {
    for (;;) {
      const come = new AbortController();
      const first = await Promise.race([next, clock.sleep(heartbeatMs, come.signal)]);
      come.abort('come');
      if (first?.done) return;
      yield first ? textOf(first.value) : heartbeat;
      if (first) next = events.next();
    }
  } finally {
    await events.return();
  }
}

// JSON has no line breaks of its own, so one line of data is enough.
function textOf({ id, event, data }: ServerSentEvent): string {
  return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
