import type { Bus } from '#libs/bus/bus';

export type StoredMessage = {
  readonly subject: string;
  /** A line each. */
  readonly headers: string;
  readonly text: string;
};

/** Every message of every stream and bucket, by stream. */
export async function everythingStored(bus: Bus): Promise<ReadonlyMap<string, readonly StoredMessage[]>> {
  const found = new Map<string, readonly StoredMessage[]>();
  for await (const { config, state } of bus.jsm.streams.list()) {
    const messages: StoredMessage[] = [];
    for (let sequence = Math.max(1, state.first_seq); sequence <= state.last_seq; sequence += 1) {
      const stored = await bus.jsm.streams.getMessage(config.name, { seq: sequence });
      if (stored === null) continue;
      const headers = [...(stored.header ?? [])].map(([name, values]) => `${name}: ${values.join()}`);
      messages.push({ subject: stored.subject, headers: headers.join('\n'), text: stored.string() });
    }
    found.set(config.name, messages);
  }
  return found;
}
