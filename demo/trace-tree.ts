import type { ReadableSpan } from '@opentelemetry/sdk-trace';

/** One trace as a tree of lines: name, service and duration of every span, children under their parent. */
export function traceTree(spans: readonly ReadableSpan[], traceId: string): readonly string[] {
  const ofTrace = spans.filter((span) => span.spanContext().traceId === traceId);
  const known = new Set(ofTrace.map((span) => span.spanContext().spanId));
  const children = Map.groupBy(ofTrace, (span) => {
    const parent = span.parentSpanContext?.spanId;
    return parent !== undefined && known.has(parent) ? parent : 'root';
  });
  const lines: string[] = [];
  const add = (parent: string, indent: string): void => {
    const level = [...(children.get(parent) ?? [])].sort((a, b) => startOf(a) - startOf(b));
    for (const [at, span] of level.entries()) {
      const last = at === level.length - 1;
      const service = String(span.resource.attributes['service.name'] ?? '').replace('hemostat-', '');
      lines.push(`${indent}${last ? '└─' : '├─'} ${span.name}  (${service}, ${durationOf(span)} ms)`);
      add(span.spanContext().spanId, `${indent}${last ? '   ' : '│  '}`);
    }
  };
  add('root', '');
  return lines;
}

const startOf = (span: ReadableSpan): number => span.startTime[0] * 1e3 + span.startTime[1] / 1e6;
const durationOf = (span: ReadableSpan): string =>
  (span.duration[0] * 1e3 + span.duration[1] / 1e6).toFixed(1);
