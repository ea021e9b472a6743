import Fastify from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { Problem } from '#libs/contracts/problem';
import { longestBodyBytes } from '../read-json.ts';
import type { App, GatewayParts } from './app-type.ts';
import { authenticate } from './authenticate.ts';
import { answerBrokenConnections, longestHeadersBytes } from './broken-request.ts';
import { describeApi, documentRoutes } from './docs.ts';
import { acceptJsonOnly } from './json-body.ts';
import { liveEvents } from './live-events.ts';
import { wantOneHost } from './one-host.ts';
import { sendProblem, toProblem } from './problems.ts';
import { actionRoutes } from './routes/actions.ts';
import { allEventsRoute } from './routes/all-events.ts';
import { auditRoutes } from './routes/audit.ts';
import { eventRoutes } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { homeRoute } from './routes/home.ts';
import { listingRoute } from './routes/listing.ts';
import { remediationRoutes } from './routes/remediations.ts';
import { replayRoutes } from './routes/replay.ts';
import { safetyRoutes } from './routes/safety.ts';
import { targetHealthRoutes } from './routes/target-health.ts';
import { targetRoutes } from './routes/targets.ts';
import { workflowRoutes } from './routes/workflows.ts';
import { RouteTable } from './routing.ts';
import { sendSecurityHeaders } from './security-headers.ts';
import { traceRequests } from './spans.ts';
import { unusedConnectionsOf } from './unused-connections.ts';
import { serializerCompiler, validatorCompiler } from './validation.ts';

/** The HTTP side, ready to listen or to be injected into. It needs no connection to anything to be built. */
export async function buildGateway(parts: GatewayParts): Promise<App> {
  const app: App = Fastify({
    logger: false,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    bodyLimit: longestBodyBytes,
    // Of receiving a request, not of answering it.
    requestTimeout: 30_000,
    http: { maxHeaderSize: longestHeadersBytes, headersTimeout: 10_000, connectionsCheckingInterval: 5_000 },
    clientErrorHandler: answerBrokenConnections,
    frameworkErrors: (error, _request, reply) => void sendProblem(reply, toProblem(error, parts.log)),
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error, _request, reply) => sendProblem(reply, toProblem(error, parts.log)));
  await sendSecurityHeaders(app);
  answerUnknownRoutes(app);
  traceRequests(app, parts);
  wantOneHost(app);
  acceptJsonOnly(app);
  authenticate(app, parts.access);
  const closing = new AbortController();
  const endUnused = unusedConnectionsOf(app.server);
  app.addHook('preClose', async () => {
    closing.abort();
    endUnused();
  });
  app.addHook('onSend', (_request, reply, payload, done) => {
    // A connection that is kept alive would hold up the end of the server.
    if (closing.signal.aborted) reply.header('connection', 'close');
    done(null, payload);
  });
  const routeParts = { ...parts, closing: closing.signal };

  await describeApi(app);
  documentRoutes(app);
  homeRoute(app);
  healthRoutes(app, routeParts);
  remediationRoutes(app, routeParts);
  listingRoute(app, routeParts);
  const live = liveEvents(routeParts);
  eventRoutes(app, routeParts, live);
  allEventsRoute(app, routeParts, live);
  actionRoutes(app, routeParts);
  workflowRoutes(app, routeParts);
  targetHealthRoutes(app, routeParts);
  safetyRoutes(app, routeParts);
  replayRoutes(app, routeParts);
  auditRoutes(app, routeParts);
  targetRoutes(app, routeParts);
  await app.ready();
  return app;
}

function answerUnknownRoutes(app: App): void {
  const table = new RouteTable();
  app.addHook('onRoute', ({ method, url }) => table.add(method, url));
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const methods = table.methodsOf(path);
    if (methods.length === 0 || methods.includes(request.method)) {
      return sendProblem(reply, new Problem('not_found', 'There is nothing at this path. See /docs.'));
    }
    const allowed = methods.join(', ');
    reply.header('allow', allowed);
    return sendProblem(reply, new Problem('method_not_allowed', `This path takes ${allowed}.`));
  });
}
