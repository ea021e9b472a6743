import { createConnection } from 'node:net';
import { linesFrom } from './lines.ts';

/** One connection to the database; one command at a time. */
export type Connection = {
  /** Rejects when the database does not answer within `withinMs`, or hangs up. */
  ask(command: 'QUERY' | 'LOCK' | 'PREPARE', withinMs: number): Promise<string>;
  isOpen(): boolean;
  close(): void;
};

/** Rejects when nobody listens, or every connection of the database is taken. */
export async function connect(port: number, withinMs: number): Promise<Connection> {
  const socket = createConnection({ host: '127.0.0.1', port });
  let answered: PromiseWithResolvers<string> | undefined;
  socket.on('error', (error) => answered?.reject(error));
  socket.on('close', () => answered?.reject(new Error('the database closed the connection')));
  linesFrom(socket, (line) => answered?.resolve(line));

  const nextLine = async (ms: number): Promise<string> => {
    const line = Promise.withResolvers<string>();
    answered = line;
    const late = setTimeout(() => line.reject(new Error(`the database did not answer in ${ms} ms`)), ms);
    return line.promise.finally(() => clearTimeout(late));
  };

  const greeting = await nextLine(withinMs).catch((error: unknown) => {
    socket.destroy();
    throw error;
  });
  if (greeting !== 'READY') {
    socket.destroy();
    throw new Error(`the database refuses: ${greeting}`);
  }
  return {
    ask: (command, ms) => {
      socket.write(`${command}\n`);
      return nextLine(ms);
    },
    isOpen: () => socket.readyState === 'open',
    close: () => socket.destroy(),
  };
}
