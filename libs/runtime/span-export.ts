import { ExportResultCode } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  BatchSpanProcessor,
  SimpleSpanProcessor,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import { ConfigError } from './config.ts';

/** Where spans go: to the collector that `env` names, to the caller's exporter, to both, or nowhere. */
export function spanProcessors(
  env: NodeJS.ProcessEnv,
  exporter: SpanExporter | undefined,
  warn: ((message: string) => void) | undefined,
): SpanProcessor[] {
  const url = collectorUrl(env);
  return [
    // Keeps at most 2048 spans while the collector is away and drops the rest.
    ...(url
      ? [new BatchSpanProcessor({ exporter: warningOnce(new OTLPTraceExporter({ url }), url, warn) })]
      : []),
    ...(exporter ? [new SimpleSpanProcessor({ exporter: borrowed(exporter) })] : []),
  ];
}

function collectorUrl(env: NodeJS.ProcessEnv): string | undefined {
  const traces = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT;
  if (traces) return checked('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', traces);
  const base = env.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (base) return `${checked('OTEL_EXPORTER_OTLP_ENDPOINT', base).replace(/\/$/, '')}/v1/traces`;
  return undefined;
}

function checked(name: string, value: string): string {
  if (/^https?:$/.test(URL.parse(value)?.protocol ?? '')) return value;
  const expected = 'the http or https URL of a collector, for example http://localhost:4318';
  throw new ConfigError([{ name, found: JSON.stringify(value), expected }]);
}

function warningOnce(
  exporter: SpanExporter,
  url: string,
  warn: ((message: string) => void) | undefined,
): SpanExporter {
  let warned = false;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        if (result.code !== ExportResultCode.SUCCESS && !warned) {
          warned = true;
          warn?.(
            `Traces are not delivered to ${new URL(url).host}: is the collector running? Nothing else is affected.`,
          );
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
