import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { guardText } from '#libs/contracts/guard-answer';
import { systemClock } from '#libs/runtime/clock';
import type { Log } from '#libs/runtime/log';
import { NotReached } from './engine/not-reached.ts';
import { passOn } from './engine/pass-on.ts';
import { type Judged, judge } from './judge.ts';
import { refuse } from './verdict.ts';
import type { World } from './world.ts';

const mostConnections = 256;
const limits = {
  maxHeaderSize: 16 * 1_024,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 60_000,
  requireHostHeader: true,
  insecureHTTPParser: false,
};

/** The guard as an HTTP server that listens nowhere yet. */
export function createGuard(world: World, dockerSocket: string, log: Log): Server {
  const busy = new WeakSet<Socket>();
  const onRequest = (request: IncomingMessage, reply: ServerResponse): void => {
    const { socket } = request;
    // A client waits for its answer before it asks again; who does not may mean two things by one.
    if (busy.has(socket)) return void socket.destroy();
    busy.add(socket);
    for (const event of ['finish', 'close']) reply.once(event, () => busy.delete(socket));
    void handle(request, reply);
  };
  const server = createServer(limits, onRequest);
  // Nobody is told to go on with a body before the head was judged.
  server.on('checkContinue', onRequest).on('checkExpectation', onRequest);
  server.maxConnections = mostConnections;

  async function handle(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    try {
      const judged = await judge(request, world, systemClock.now());
      if (reply.destroyed) return;
      if (judged.kind !== 'pass') return tell(request, reply, judged);
      const { line, asked, remediationId: remediation_id } = judged;
      if (line.changes) log.info({ call: callOf(request), remediation_id, ...asked.names }, 'Passed on');
      await passedOn(judged, reply);
    } catch (error) {
      tell(request, reply, explained(error, log));
    }
  }

  async function passedOn(
    { line, asked, path, body }: Extract<Judged, { kind: 'pass' }>,
    reply: ServerResponse,
  ) {
    const { method, heard } = line;
    const hear = heard && ((answer: unknown) => heard(asked, answer, world));
    await passOn(dockerSocket, { method, path, body, heard: hear }, reply);
  }

  function tell(
    request: IncomingMessage,
    reply: ServerResponse,
    said: Exclude<Judged, { kind: 'pass' }>,
  ): void {
    if (reply.headersSent || reply.destroyed) return void reply.destroy();
    const message = said.kind === 'answered' ? said.message : guardText(said);
    if (said.kind === 'refused') log.warn({ call: callOf(request), reason: said.cause }, 'Refused');
    const status = said.kind === 'answered' ? said.status : said.kind === 'refused' ? 403 : 502;
    // What is left of a refused request is not read.
    reply.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
    reply.end(JSON.stringify({ message }));
  }

  return server;
}

function explained(error: unknown, log: Log): Exclude<Judged, { kind: 'pass' }> {
  if (error instanceof NotReached) {
    return {
      kind: 'not_reached',
      cause: error.message,
      remedy:
        'start Docker, or correct DOCKER_SOCKET of the guard; it has to run as the owner of that socket or in its group',
    };
  }
  log.error({ err: error }, 'A request could not be judged, so that it was not passed on');
  return refuse(
    'it could not look at what the call is about, so that nothing was passed on',
    'see the log of docker-guard; check that Docker answers (docker ps)',
  );
}

function callOf({ method, url }: IncomingMessage): string {
  return `${method} ${url}`.slice(0, 200);
}
