/** An event of a `text/event-stream`; `event` is undefined where only a place is told. */
export type StreamEvent = {
  readonly id: string | undefined;
  readonly event: string | undefined;
  readonly data: string | undefined;
};

/** The events in the chunks of a stream. What is cut off at its end is left out: it comes again on resuming. */
export async function* eventsIn(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<StreamEvent, void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const blocks = `${rest}${decoder.decode(chunk, { stream: true })}`.replaceAll('\r\n', '\n').split('\n\n');
    rest = blocks.pop() ?? '';
    yield* blocks.map(eventOf);
  }
}

function eventOf(block: string): StreamEvent {
  const lines = block.split('\n');
  const field = (name: string): string | undefined => {
    const values = lines
      .filter((line) => line.startsWith(`${name}:`))
      .map((line) => line.slice(name.length + 1).replace(/^ /, ''));
    return values.length === 0 ? undefined : values.join('\n');
  };
  return { id: field('id'), event: field('event'), data: field('data') };
}
