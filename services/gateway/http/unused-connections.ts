import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Ends, when called, the connections over which nothing was ever sent. Node takes them for busy, so that clients which
 * open one in advance would hold up the end of the server for a minute.
 */
export function unusedConnectionsOf(server: Server): () => void {
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return () => {
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
  };
}
