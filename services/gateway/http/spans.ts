import type { FastifyRequest } from 'fastify';
import { type Enter, extractContext, inSpan, wayBack } from '#libs/runtime/tracing';
import type { App, GatewayParts } from './app-type.ts';

/** One server span a request, in the trace that the caller is in. Health checks and documents have none. */
export function traceRequests(app: App, { link, log }: GatewayParts): void {
  const contexts = new WeakMap<FastifyRequest, Enter>();

  app.addHook('onRequest', (request, reply, done) => {
    const tracer = link.current?.context.tracer;
    const route = request.routeOptions.url;
    if (!tracer || route === undefined || !route.startsWith('/api/')) return done();
    const name = `${request.method} ${route}`;
    const parent = extractContext((key) => headerOf(request, key));
    const attributes = {
      'http.request.method': request.method,
      'http.route': route,
      'url.path': request.url.split('?', 1)[0] ?? '',
    };
    void inSpan(tracer, name, { kind: 'server', parent, attributes }, (span) => {
      contexts.set(request, wayBack());
      const { traceId, spanId } = span.spanContext();
      reply.header('traceresponse', `00-${traceId}-${spanId}-01`);
      const ended = new Promise<void>((resolve) => reply.raw.once('close', resolve));
      done();
      return ended.then(() => {
        span.setAttribute('http.response.status_code', reply.statusCode);
        if (reply.statusCode >= 500) span.setStatus({ code: spanStatusError });
        log.debug({ request: name, status: reply.statusCode }, 'answered');
      });
    });
  });

  // The body is read outside of the span's context.
  app.addHook('preHandler', (request, _reply, done) => {
    const enter = contexts.get(request);
    if (enter) enter(done);
    else done();
  });
}

const spanStatusError = 2;

function headerOf(request: FastifyRequest, key: string): string | undefined {
  const value = request.headers[key];
  return typeof value === 'string' ? value : undefined;
}
