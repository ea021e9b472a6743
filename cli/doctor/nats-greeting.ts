import { connect } from 'node:net';
import { z } from 'zod';
import { parseJson } from '#libs/contracts/json';

const greetingSchema = z.looseObject({
  version: z.string(),
  jetstream: z.boolean().default(false),
  auth_required: z.boolean().default(false),
});
/** What is at an address: a nats-server with its first words, something else, or nothing. */
export type Greeting =
  | ({ readonly kind: 'nats' } & z.output<typeof greetingSchema>)
  | { readonly kind: 'other' }
  | { readonly kind: 'nobody'; readonly why: string };

const withinMs = 3_000;

/** Listens for the line with which every nats-server begins, and leaves. */
export function greetingAt(host: string, port: number): Promise<Greeting> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ host, port });
    const end = (greeting: Greeting): void => {
      socket.destroy();
      resolve(greeting);
    };
    socket.setTimeout(withinMs, () =>
      end(socket.connecting ? { kind: 'nobody', why: 'no answer in time' } : { kind: 'other' }),
    );
    socket.once('error', (error: NodeJS.ErrnoException) =>
      end({ kind: 'nobody', why: error.code ?? error.message }),
    );
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (text.includes('\n') || text.length > 64_000) end(readGreeting(text));
    });
    socket.once('close', () => end({ kind: 'other' }));
  });
}

function readGreeting(text: string): Greeting {
  const json = /^INFO (\{.*\})\s*$/m.exec(text)?.[1];
  try {
    return { kind: 'nats', ...greetingSchema.parse(parseJson(json ?? '')) };
  } catch {
    return { kind: 'other' };
  }
}
