import type { Bus } from '#libs/bus/bus';

const atOnce = 64;

/** Every message that a stream holds, in order. */
export async function* messagesOf({ jsm }: Bus, stream: string) {
  const { first_seq: first, last_seq: last } = (await jsm.streams.info(stream)).state;
  for (let from = Math.max(1, first); from <= last; from += atOnce) {
    const width = Math.min(atOnce, last + 1 - from);
    const found = await Promise.all(
      Array.from({ length: width }, (_, at) => jsm.streams.getMessage(stream, { seq: from + at })),
    );
    for (const message of found) if (message) yield message;
  }
}

export type StoredMessage = {
  readonly subject: string;
  /** A line each. */
  readonly headers: string;
  readonly text: string;
};

/** Every message of every stream and bucket, by stream. */
export async function everythingStored(bus: Bus): Promise<ReadonlyMap<string, readonly StoredMessage[]>> {
  const found = new Map<string, readonly StoredMessage[]>();
  for await (const { config } of bus.jsm.streams.list()) {
    const messages: StoredMessage[] = [];
    for await (const stored of messagesOf(bus, config.name)) {
      const headers = [...(stored.header ?? [])].map(([name, values]) => `${name}: ${values.join()}`);
      messages.push({ subject: stored.subject, headers: headers.join('\n'), text: stored.string() });
    }
    found.set(config.name, messages);
  }
  return found;
}
