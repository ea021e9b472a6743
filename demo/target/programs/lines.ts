import type { Socket } from 'node:net';

/** Calls `hear` with every whole line that comes. */
export function linesFrom(socket: Socket, hear: (line: string) => void): void {
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk) => {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) hear(line.trim());
  });
}
