import { AsyncLocalStorage } from 'node:async_hooks';
import { hostname } from 'node:os';
import {
  type Attributes,
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import { idsOnlyTracer } from './ids-only-tracer.ts';
import { spanProcessors } from './span-export.ts';

// The context and its form on the wire belong to the process; providers belong to services, of which several
// may share a process.
const propagator = new W3CTraceContextPropagator();
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(propagator);

export interface Tracing extends AsyncDisposable {
  readonly tracer: Tracer;
  /** Hands over the spans that have ended; waits 1 s at most and never rejects. Disposal does the same first. */
  flush(): Promise<void>;
}

export interface TracingOptions {
  readonly service: string;
  /** Spans go to `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` or `OTEL_EXPORTER_OTLP_ENDPOINT` (http/protobuf), if set. */
  readonly env?: NodeJS.ProcessEnv;
  /** Gets every span as it ends. It stays the caller's: disposal does not shut it down. */
  readonly exporter?: SpanExporter;
  /** Told once, when spans cannot be delivered. */
  readonly warn?: (message: string) => void;
}

/**
 * A tracer for one service. Spans have real ids whether or not they are exported; export never blocks or
 * fails the work. Throws a ConfigError when the endpoint is not a URL.
 */
export function startTracing({ service, env = process.env, exporter, warn }: TracingOptions): Tracing {
  const processors = spanProcessors(env, exporter, warn);
  if (processors.length === 0) {
    return { tracer: idsOnlyTracer, flush: async () => {}, [Symbol.asyncDispose]: async () => {} };
  }
  const provider = new TracerProvider({
    resource: defaultResource().merge(
      resourceFromAttributes({
        'service.namespace': 'hemostat',
        'service.name': service,
        'service.instance.id': `${hostname()}-${process.pid}`,
      }),
    ),
    spanProcessors: processors,
  });
  const flush = () => quietly(provider.forceFlush({ timeoutMillis: 1000 }));
  return {
    tracer: provider.getTracer('hemostat'),
    flush,
    async [Symbol.asyncDispose]() {
      await flush();
      void quietly(provider.shutdown());
    },
  };
}

function quietly(work: Promise<void>): Promise<void> {
  return work.catch(() => {});
}

export interface SpanSettings {
  readonly kind?: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  readonly attributes?: Attributes;
  /** The active context by default. */
  readonly parent?: Context;
  readonly links?: readonly SpanContext[];
}

const kinds = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;

/** Runs `fn` with a new span active. What `fn` throws is recorded on the span and thrown on. */
export async function inSpan<T>(
  tracer: Tracer,
  name: string,
  { kind = 'internal', attributes = {}, parent = context.active(), links = [] }: SpanSettings,
  fn: (span: Span) => Promise<T> | T,
): Promise<T> {
  const spanLinks = links.map((link) => ({ context: link }));
  const span = tracer.startSpan(name, { kind: kinds[kind], attributes, links: spanLinks }, parent);
  try {
    return await context.with(trace.setSpan(parent, span), () => fn(span));
  } catch (error) {
    const exception = error instanceof Error ? error : String(error);
    span.recordException(exception);
    span.setStatus({
      code: SpanStatusCode.ERROR,
      message: exception instanceof Error ? exception.message : exception,
    });
    throw error;
  } finally {
    span.end();
  }
}

export type Enter = (work: () => void) => void;

/** Leads work that comes from elsewhere into the span that is active now. */
export function wayBack(): Enter {
  const active = context.active();
  return (work) => context.with(active, work);
}

/** Writes the active span as W3C `traceparent` and `tracestate`; nothing when there is none. */
export function injectContext(set: (key: string, value: string) => void): void {
  propagator.inject(context.active(), undefined, { set: (_, key, value) => set(key, value) });
}

/** The context that `injectContext` wrote on the other side; an empty one when it is missing or malformed. */
export function extractContext(get: (key: string) => string | undefined): Context {
  // NATS headers answer "" for what is missing.
  return propagator.extract(ROOT_CONTEXT, undefined, {
    get: (_, key) => get(key) || undefined,
    keys: () => [],
  });
}

export function currentTraceId(): string | undefined {
  return trace.getActiveSpan()?.spanContext().traceId;
}

const remediation = new AsyncLocalStorage<string>();

/** Runs `fn` so that every log line of it, and of what it awaits, carries this remediation id. */
export function withRemediation<T>(id: string, fn: () => T): T {
  return remediation.run(id, fn);
}

export function currentRemediationId(): string | undefined {
  return remediation.getStore();
}
