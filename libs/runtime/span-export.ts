import { ExportResultCode } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  BatchSpanProcessor,
  SimpleSpanProcessor,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import { z } from 'zod';
import { readConfig, url } from './config.ts';

/** Where spans go: to the collector that `env` names, to the caller's exporter, to both, or nowhere. */
export function spanProcessors(
  env: NodeJS.ProcessEnv,
  exporter: SpanExporter | undefined,
  warn: ((message: string) => void) | undefined,
): SpanProcessor[] {
  const collectorUrl = collectorOf(env);
  return [
    // Keeps at most 2048 spans while the collector is away and drops the rest.
    ...(collectorUrl ? [new BatchSpanProcessor({ exporter: toCollector(collectorUrl, warn) })] : []),
    ...(exporter ? [new SimpleSpanProcessor({ exporter: borrowed(exporter) })] : []),
  ];
}

const collector = z.object({
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url({ example: 'http://localhost:4318/v1/traces' }).optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: url({ example: 'http://localhost:4318' }).optional(),
});

function collectorOf(env: NodeJS.ProcessEnv): string | undefined {
  const settings = readConfig(collector, env);
  const base = settings.OTEL_EXPORTER_OTLP_ENDPOINT?.replace(/\/$/, '');
  return settings.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? (base && `${base}/v1/traces`);
}

function toCollector(url: string, warn: ((message: string) => void) | undefined): SpanExporter {
  const exporter = new OTLPTraceExporter({ url });
  let warned = false;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        if (result.code !== ExportResultCode.SUCCESS && !warned) {
          warned = true;
          const { host } = new URL(url);
          warn?.(`Traces do not reach ${host}: is the collector running? Nothing else is affected.`);
        }
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
}

function borrowed(exporter: SpanExporter): SpanExporter {
  return {
    export: (spans, done) => exporter.export(spans, done),
    shutdown: async () => {},
    forceFlush: async () => exporter.forceFlush?.(),
  };
}
