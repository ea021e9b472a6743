import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import { expect, onTestFinished, test, vi } from 'vitest';
import { inSpan, startTracing } from './tracing.ts';

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
