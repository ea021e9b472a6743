import {
  type Context,
  context,
  isSpanContextValid,
  type Span,
  type SpanOptions,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { RandomIdGenerator } from '@opentelemetry/sdk-trace';

const ids = new RandomIdGenerator();

/** For spans that nobody gets: they have ids, hand their trace on, and cost next to nothing. */
export const idsOnlyTracer: Tracer = { startSpan, startActiveSpan };

function startSpan(_name: string, _options?: SpanOptions, parent: Context = context.active()): Span {
  const outer = trace.getSpanContext(parent);
  const spanId = ids.generateSpanId();
  if (!outer || !isSpanContextValid(outer)) {
    return trace.wrapSpanContext({ traceId: ids.generateTraceId(), spanId, traceFlags: TraceFlags.SAMPLED });
  }
  const { traceId, traceFlags, traceState } = outer;
  return trace.wrapSpanContext({ traceId, spanId, traceFlags, ...(traceState && { traceState }) });
}

type Work = (span: Span) => unknown;

function startActiveSpan<F extends Work>(name: string, ...rest: readonly unknown[]): ReturnType<F>;
function startActiveSpan(name: string, ...rest: readonly unknown[]): unknown {
  const work = rest.at(-1) as Work;
  const parent = rest.length > 2 ? (rest[1] as Context) : context.active();
  const span = startSpan(name, undefined, parent);
  return context.with(trace.setSpan(parent, span), () => work(span));
}
