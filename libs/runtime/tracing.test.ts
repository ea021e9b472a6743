import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import { expect, onTestFinished, test, vi } from 'vitest';
import {
  currentRemediationId,
  currentTraceId,
  extractContext,
  injectContext,
  inSpan,
  linkTo,
  startTracing,
  withRemediation,
} from './tracing.ts';

function traced(service = 'safety', exporter = new InMemorySpanExporter()) {
  const tracing = startTracing({ service, env: {}, exporter });
  return { ...tracing, exporter, spans: () => exporter.getFinishedSpans() };
}

function headersOf(): Map<string, string> {
  const headers = new Map<string, string>();
  injectContext((key, value) => headers.set(key, value));
  return headers;
}

test('spans have real ids although nothing exports them', async () => {
  await using tracing = startTracing({ service: 'safety', env: {} });
  const id = await inSpan(tracing.tracer, 'decide', {}, () => currentTraceId());
  expect(id).toMatch(/^(?!0+$)[0-9a-f]{32}$/);
  expect(currentTraceId()).toBeUndefined();
});

test('a trace goes from service to service by headers, each with its own name', async () => {
  const exporter = new InMemorySpanExporter();
  const gateway = traced('gateway', exporter);
  const safety = traced('safety', exporter);
  const headers = await inSpan(gateway.tracer, 'publish', { kind: 'producer' }, headersOf);
  const parent = extractContext((key) => headers.get(key));
  await inSpan(safety.tracer, 'process', { kind: 'consumer', parent }, async () => {});
  await Promise.all([gateway.flush(), safety.flush()]);
  const [sent, received] = exporter.getFinishedSpans();
  expect([sent?.kind, received?.kind]).toEqual([SpanKind.PRODUCER, SpanKind.CONSUMER]);
  expect(received?.spanContext().traceId).toBe(sent?.spanContext().traceId);
  expect(received?.parentSpanContext?.spanId).toBe(sent?.spanContext().spanId);
  const names = [sent, received].map((span) => span?.resource.attributes['service.name']);
  expect(names).toEqual(['gateway', 'safety']);
});

test('spans nest across awaits', async () => {
  const { tracer, flush, spans } = traced();
  await inSpan(tracer, 'outer', {}, async () => {
    await Promise.resolve();
    await inSpan(tracer, 'inner', { attributes: { step: 1 } }, async () => {});
  });
  await flush();
  const [inner, outer] = spans();
  expect(inner).toMatchObject({ name: 'inner', attributes: { step: 1 } });
  expect(inner?.parentSpanContext?.spanId).toBe(outer?.spanContext().spanId);
});

test('a header that is missing, empty or malformed starts a new trace', async () => {
  for (const traceparent of [undefined, '', 'nonsense', `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01`]) {
    const context = extractContext((key) => (key === 'traceparent' ? traceparent : undefined));
    expect(trace.getSpanContext(context)).toBeUndefined();
    expect(linkTo(context)).toEqual([]);
  }
});

test('a link points to the trace that caused the work without joining it', async () => {
  const { tracer, flush, spans } = traced();
  const headers = await inSpan(tracer, 'first', {}, headersOf);
  const links = linkTo(extractContext((key) => headers.get(key)));
  await inSpan(tracer, 'redelivered', { parent: ROOT_CONTEXT, links }, async () => {});
  await flush();
  const [first, again] = spans();
  expect(again?.links[0]?.context.traceId).toBe(first?.spanContext().traceId);
  expect(again?.spanContext().traceId).not.toBe(first?.spanContext().traceId);
});

test.each([
  ['rejected', () => Promise.reject(new Error('no'))],
  [
    'thrown',
    () => {
      throw new Error('no');
    },
  ],
])('what was %s is recorded, thrown on, and the span ends', async (_, fn) => {
  const { tracer, flush, spans } = traced();
  await expect(inSpan(tracer, 'act', {}, fn)).rejects.toThrow('no');
  await flush();
  expect(spans()).toMatchObject([
    { status: { code: SpanStatusCode.ERROR, message: 'no' }, events: [{ name: 'exception' }] },
  ]);
});

test('the exporter of the caller outlives the tracing that used it', async () => {
  const exporter = new InMemorySpanExporter();
  {
    await using tracing = startTracing({ service: 'safety', env: {}, exporter });
    await inSpan(tracing.tracer, 'decide', {}, async () => {});
  }
  expect(exporter.getFinishedSpans()).toHaveLength(1);
});

test('an exporter that fails disturbs nobody', async () => {
  const exporter = new InMemorySpanExporter();
  exporter.export = () => {
    throw new Error('full');
  };
  const tracing = startTracing({ service: 'safety', env: {}, exporter });
  expect(await inSpan(tracing.tracer, 'decide', {}, () => 7)).toBe(7);
  await tracing.flush();
  await tracing[Symbol.asyncDispose]();
});

async function listening(server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('spans reach the collector that the environment names, as protobuf', async () => {
  const got: { path: string | undefined; type: string | undefined; body: string }[] = [];
  const endpoint = await listening(
    createServer(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString('latin1');
      got.push({ path: request.url, type: request.headers['content-type'], body });
      response.end();
    }),
  );
  await using tracing = startTracing({
    service: 'safety',
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `${endpoint}/` },
  });
  await inSpan(tracing.tracer, 'decide', {}, async () => {});
  await tracing.flush();
  expect(got).toEqual([
    { path: '/v1/traces', type: 'application/x-protobuf', body: expect.stringMatching(/safety.*decide/s) },
  ]);
});

test('a collector that is away gets one warning and fails nothing', async () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '200');
  onTestFinished(() => void vi.unstubAllEnvs());
  const warnings: string[] = [];
  const env = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:1/v1/traces' };
  await using tracing = startTracing({ service: 'safety', env, warn: (text) => warnings.push(text) });
  for (const name of ['one', 'two']) {
    await inSpan(tracing.tracer, name, {}, async () => {});
    await tracing.flush();
  }
  expect(warnings).toEqual([expect.stringContaining('127.0.0.1:1')]);
});

test('a collector that never answers holds up a stop for a bounded time', async () => {
  const endpoint = await listening(createServer(() => {}));
  const tracing = startTracing({ service: 'safety', env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } });
  await inSpan(tracing.tracer, 'decide', {}, async () => {});
  const begin = performance.now();
  await tracing[Symbol.asyncDispose]();
  expect(performance.now() - begin).toBeLessThan(5000);
});

test('an endpoint that is no URL is a setting that cannot be used', () => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'jaeger:4318' };
  expect(() => startTracing({ service: 'safety', env })).toThrow(
    /OTEL_EXPORTER_OTLP_ENDPOINT: found "jaeger:4318"/,
  );
});

test('the remediation id follows the work it belongs to, and only that', async () => {
  const seen = ['a', 'b'].map((id) =>
    withRemediation(id, async () => {
      await new Promise(setImmediate);
      return currentRemediationId();
    }),
  );
  expect(currentRemediationId()).toBeUndefined();
  expect(await Promise.all(seen)).toEqual(['a', 'b']);
});
