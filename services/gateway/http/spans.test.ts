import { join } from 'node:path';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openService } from '#libs/bus/open-service';
import { type ApiClient, apiClient } from '#libs/testing/api-client';
import { startNatsServer } from '#libs/testing/nats-server';
import { playExecutor } from '#libs/testing/played-executor';
import { until } from '#libs/testing/until';
import { startSafety } from '../../safety/service.ts';
import { startGateway } from '../service.ts';

const exporter = new InMemorySpanExporter();
const lines: string[] = [];
const stop = new AbortController();
const stack = new AsyncDisposableStack();
let api: ApiClient;

beforeAll(async () => {
  const server = stack.use(await startNatsServer());
  const env = {
    NATS_URL: server.url,
    LOG_LEVEL: 'silent',
    GATEWAY_PORT: '0',
    HEMOSTAT_DATA_DIR: join(server.dir, 'mesh'),
  };
  const options = { env, signal: stop.signal };
  const context = stack.use(await openService('test', options));
  stack.use(await playExecutor(context.bus));
  stack.use(await startSafety(options));
  const logDestination = { write: (line: string) => void lines.push(line) };
  const seen = { env: { ...env, LOG_LEVEL: 'DEBUG' }, signal: stop.signal, exporter, logDestination };
  api = await apiClient(stack.use(await startGateway(seen)).url);
});
afterAll(async () => {
  stop.abort();
  await stack.disposeAsync();
});

const traceId = 'ef'.repeat(16);
const parentId = '12'.repeat(8);
const headers = { prefer: 'wait=20', traceparent: `00-${traceId}-${parentId}-01` };
const spanNamed = (name: string) =>
  until(`the span ${name} has ended`, () => exporter.getFinishedSpans().find((span) => span.name === name));

it('gives a request one server span in the trace of its caller, with what it asked of others below it', async () => {
  await api.post('/api/v1/remediations', { container: 'web-1', action: 'restart' }, headers);
  const span = await spanNamed('POST /api/v1/remediations');
  expect(span.spanContext().traceId).toBe(traceId);
  expect(span.parentSpanContext?.spanId).toBe(parentId);
  expect(span.attributes).toMatchObject({
    'http.route': '/api/v1/remediations',
    'http.response.status_code': 200,
  });
  const children = exporter
    .getFinishedSpans()
    .filter((each) => each.parentSpanContext?.spanId === span.spanContext().spanId);
  expect(children.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['publish hemostat.remediation.{id}.requested']),
  );
});

it('gives bad requests a span, health checks and documents none', async () => {
  await api.post('/api/v1/safety/reset', {});
  expect((await spanNamed('POST /api/v1/safety/reset')).attributes['http.response.status_code']).toBe(400);
  await api.get('/health/live');
  await api.get('/openapi.json');
  expect(exporter.getFinishedSpans().filter(({ name }) => /health|openapi/.test(name))).toEqual([]);
});

it('writes the trace and the remediation on the lines of the log', async () => {
  const { body } = await api.post('/api/v1/remediations', { container: 'web-2', action: 'restart' }, headers);
  const requested = lines
    .map((line) => JSON.parse(line))
    .find(({ msg, container }) => msg === 'requested' && container === 'web-2');
  expect(requested).toMatchObject({
    trace_id: traceId,
    remediation_id: body.remediation_id,
    principal: 'anonymous',
  });
});
