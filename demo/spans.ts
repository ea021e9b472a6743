import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';

/** Keeps every span in memory, so that the demo can draw the trace without a collector. */
export function keepSpans(): { readonly exporter: SpanExporter; readonly all: readonly ReadableSpan[] } {
  const all: ReadableSpan[] = [];
  return {
    all,
    exporter: {
      export: (spans, done) => {
        all.push(...spans);
        done({ code: 0 });
      },
      shutdown: async () => {},
    },
  };
}
