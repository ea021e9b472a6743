import type { Bus } from '#libs/bus/bus';

/** Every message of every stream and bucket as text: subject, headers and body. By stream. */
export async function everythingStored(bus: Bus): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  for await (const { config, state } of bus.jsm.streams.list()) {
    const messages: string[] = [];
    for (let sequence = Math.max(1, state.first_seq); sequence <= state.last_seq; sequence += 1) {
      const stored = await bus.jsm.streams.getMessage(config.name, { seq: sequence });
      if (stored === null) continue;
      const headers = [...(stored.header ?? [])].map(([name, values]) => `${name}: ${values.join()}`);
      messages.push([stored.subject, ...headers, stored.string()].join('\n'));
    }
    found.set(config.name, messages);
  }
  return found;
}
