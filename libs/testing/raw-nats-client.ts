import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** One message, to the byte. */
export type RawMessage = {
  readonly subject: string;
  /** The whole header block, whatever it holds; undefined: none. */
  readonly headers?: Uint8Array | undefined;
  readonly payload: Uint8Array;
};

/** What came for an inbox: its header block and its body, as text. */
export type RawAnswer = { readonly subject: string; readonly headers: string; readonly body: string };

/** Speaks NATS by hand, because no client would send what is sent here. */
export interface RawClient extends AsyncDisposable {
  /** Sends, and resolves once the server has taken it all. Rejects when it ends the connection instead. */
  publish(messages: readonly RawMessage[], replyTo?: (at: number) => string): Promise<void>;
  readonly answers: readonly RawAnswer[];
}

export async function openRawClient(port: number, inbox: string): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const answers: RawAnswer[] = [];
  const pongs: (() => void)[] = [];
  const errors: string[] = [];
  readFrames(socket, {
    onPing: () => socket.write('PONG\r\n'),
    onPong: () => pongs.shift()?.(),
    onError: (text) => errors.push(text),
    onAnswer: (answer) => answers.push(answer),
  });
  socket.write(
    `CONNECT {"verbose":false,"pedantic":false,"headers":true,"no_responders":true,"lang":"raw","version":"0"}\r\nSUB ${inbox}.> 1\r\n`,
  );
  return {
    answers,
    publish: async (messages, replyTo) => {
      for (const [at, message] of messages.entries()) {
        const room = socket.write(frameOf(message, replyTo?.(at)));
        if (!room) await Promise.race([new Promise((drained) => socket.once('drain', drained)), closed]);
      }
      const taken = new Promise<true>((resolve) => pongs.push(() => resolve(true)));
      socket.write('PING\r\n');
      if (!(await Promise.race([taken, closed]))) {
        throw new Error(`nats-server ended the connection: ${errors.join(' ')}`);
      }
    },
    [Symbol.asyncDispose]: async () => {
      socket.destroy();
    },
  };
}

function frameOf({ subject, headers, payload }: RawMessage, reply: string | undefined): Buffer {
  const to = reply === undefined ? subject : `${subject} ${reply}`;
  const line =
    headers === undefined
      ? `PUB ${to} ${payload.length}\r\n`
      : `HPUB ${to} ${headers.length} ${headers.length + payload.length}\r\n`;
  return Buffer.concat([Buffer.from(line), headers ?? Buffer.alloc(0), payload, Buffer.from('\r\n')]);
}

type Hears = {
  readonly onPing: () => void;
  readonly onPong: () => void;
  readonly onError: (text: string) => void;
  readonly onAnswer: (answer: RawAnswer) => void;
};

function readFrames(socket: Socket, hears: Hears): void {
  let rest: Buffer = Buffer.alloc(0);
  let chunks: Buffer[] = [];
  let wanted = 0;
  // Resolves to how many bytes have to be there before it is worth another look.
  const next = (): number | undefined => {
    const end = rest.indexOf('\r\n');
    if (end < 0) return rest.length + 1;
    const [verb = '', subject = '', ...numbers] = rest.subarray(0, end).toString().split(' ');
    let over = end + 2;
    if (verb === 'MSG' || verb === 'HMSG') {
      const headerEnd = over + (verb === 'HMSG' ? Number(numbers.at(-2)) : 0);
      const bodyEnd = over + Number(numbers.at(-1));
      if (rest.length < bodyEnd + 2) return bodyEnd + 2;
      const headers = rest.subarray(over, headerEnd).toString();
      hears.onAnswer({ subject, headers, body: rest.subarray(headerEnd, bodyEnd).toString() });
      over = bodyEnd + 2;
    }
    if (verb === 'PING') hears.onPing();
    if (verb === 'PONG') hears.onPong();
    if (verb === '-ERR') hears.onError([subject, ...numbers].join(' '));
    rest = rest.subarray(over);
    return undefined;
  };
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    if (rest.length + chunks.reduce((sum, { length }) => sum + length, 0) < wanted) return;
    rest = Buffer.concat([rest, ...chunks]);
    chunks = [];
    let needs: number | undefined;
    do needs = next();
    while (needs === undefined);
    wanted = needs;
  });
  socket.on('error', (error) => hears.onError(error.message));
}
