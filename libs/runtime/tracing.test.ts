import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import { expect, test } from 'vitest';
import {
  currentRemediationId,
  currentTraceId,
  extractContext,
  injectContext,
  inSpan,
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

test('a trace that nobody records goes on in the same trace, sampled or not as it came', async () => {
  await using tracing = startTracing({ service: 'safety', env: {} });
  for (const flags of ['00', '01']) {
    const came = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-${flags}`;
    const parent = extractContext((key) => (key === 'traceparent' ? came : undefined));
    const left = await inSpan(tracing.tracer, 'decide', { parent }, headersOf);
    expect(left.get('traceparent')).toMatch(new RegExp(`^00-a{32}-(?!b{16})[0-9a-f]{16}-${flags}$`));
  }
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
  }
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
