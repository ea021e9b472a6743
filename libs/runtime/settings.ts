import { z } from 'zod';

// Each schema takes the text of an environment variable. Its error is what a person needs to read after
// "expected": what would do, and an example.

export interface NumberLimits {
  readonly min?: number;
  readonly max?: number;
  readonly default?: number;
}

const yearSeconds = 365 * 24 * 3600;

/** A duration in seconds, whole or with a decimal point; from 0 to a year unless narrowed. */
export function seconds(limits: NumberLimits = {}): z.ZodType<number> {
  return number('a number of seconds', /^\d+(\.\d+)?$/, { max: yearSeconds, ...limits });
}

/** A whole number, from 0 unless narrowed. */
export function nonNegativeInteger(limits: NumberLimits = {}): z.ZodType<number> {
  return number('a whole number', /^\d+$/, { max: Number.MAX_SAFE_INTEGER, ...limits });
}

/** A TCP port; 0 lets the system choose a free one. */
export function port(fallback?: number): z.ZodType<number> {
  return number('a port', /^\d+$/, { max: 65_535, ...(fallback === undefined ? {} : { default: fallback }) });
}

/** true, 1, yes, on or false, 0, no, off, in any case. */
export function flag(fallback?: boolean): z.ZodType<boolean> {
  const error = 'true or false, for example true';
  const yes = /^(true|1|yes|on)$/i;
  return withDefault(
    z
      .string({ error })
      .regex(/^(true|1|yes|on|false|0|no|off)$/i, { error })
      .transform((text) => yes.test(text)),
    fallback,
  );
}

/** Names separated by commas, blanks around them cut. An empty variable counts as unset, so `,` is the empty list. */
export function commaList(fallback?: readonly string[]): z.ZodType<readonly string[]> {
  const error = 'names separated by commas, for example one,two';
  return withDefault(
    z.string({ error }).transform((text): readonly string[] =>
      text
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
    ),
    fallback,
  );
}

export interface UrlOptions {
  /** http and https unless others are named, e.g. `nats`. */
  readonly protocols?: readonly string[];
  readonly default?: string;
  readonly example?: string;
}

/** One absolute URL, kept as it was written. */
export function url({
  protocols = ['http', 'https'],
  default: fallback,
  example = fallback ?? `${protocols[0]}://localhost:8080`,
}: UrlOptions = {}): z.ZodType<string> {
  const error = `a URL of ${protocols.join(' or ')}, for example ${example}`;
  const fits = (text: string) => protocols.includes(URL.parse(text)?.protocol.slice(0, -1) ?? '');
  return withDefault(z.string({ error }).refine(fits, { error }), fallback);
}

function number(what: string, digits: RegExp, limits: NumberLimits & { max: number }): z.ZodType<number> {
  const { min = 0, max } = limits;
  const error = `${what} from ${min} to ${max}, for example ${limits.default ?? Math.max(min, 1)}`;
  return withDefault(
    z
      .string({ error })
      .regex(digits, { error, abort: true })
      .transform(Number)
      .refine((value) => value >= min && value <= max, { error }),
    limits.default,
  );
}

function withDefault<T>(schema: z.ZodType<T>, fallback: T | undefined): z.ZodType<T> {
  return fallback === undefined ? schema : schema.optional().transform((value) => value ?? fallback);
}
