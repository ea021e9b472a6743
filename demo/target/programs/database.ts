// The database of the demo's target: one table behind one lock, and a fixed number of connections. One line a
// command: QUERY reads the table, LOCK takes its lock, PREPARE lets that lock outlive its client. All of it is in
// memory, so that a restart frees what nobody owns any more.
import { createServer, type Socket } from 'node:net';
import { linesFrom } from './lines.ts';

const maxConnections = 12;
const queryMs = 3;

const connected = new Set<Socket>();
let lockedBy: Socket | 'an orphaned transaction' | undefined;
let waiting: (() => void)[] = [];

function whenUnlocked(run: () => void): void {
  if (lockedBy === undefined) run();
  else waiting.push(run);
}

function unlock(): void {
  lockedBy = undefined;
  const next = waiting;
  waiting = [];
  for (const run of next) whenUnlocked(run);
}

const commands: Readonly<Record<string, (client: Socket) => void>> = {
  QUERY: (client) => whenUnlocked(() => setTimeout(() => client.write('ROWS 1\n'), queryMs)),
  LOCK: (client) =>
    whenUnlocked(() => {
      if (!connected.has(client)) return;
      lockedBy = client;
      client.write('LOCKED\n');
    }),
  PREPARE: (client) => {
    if (lockedBy === client) lockedBy = 'an orphaned transaction';
    client.write('PREPARED\n');
  },
};

createServer((client) => {
  client.on('error', () => client.destroy());
  if (connected.size >= maxConnections) {
    client.end(`FULL all ${maxConnections} connections are in use\n`);
    return;
  }
  connected.add(client);
  client.on('close', () => {
    connected.delete(client);
    if (lockedBy === client) unlock();
  });
  linesFrom(client, (line) => {
    const command = commands[line];
    if (command) command(client);
    else client.write('ERROR there is no such command\n');
  });
  client.write('READY\n');
}).listen(5432, '127.0.0.1');

process.on('SIGTERM', () => process.exit(0));
