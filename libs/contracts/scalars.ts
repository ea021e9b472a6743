import { z } from 'zod';

/** RFC 3339 in UTC with milliseconds, as every fact, cell and answer writes an instant. */
export const instantSchema = z.iso.datetime({ precision: 3 });

const instantForm = { error: 'must be an instant such as 2026-01-31T12:00:00Z' };
const zoned = z.iso.datetime({ offset: true });
const naive = z.iso.datetime({ local: true });
const givenPattern = z.regexes
  .datetime({ offset: true, local: true })
  .source.replace('T', '[Tt ]')
  .replace('Z', '[Zz]');

/**
 * What people give: any of RFC 3339's forms, and one without a zone, which is read as UTC. It comes out as
 * `instantSchema` has it, cut to milliseconds.
 */
export const givenInstantSchema = z
  .string(instantForm)
  .meta({ format: 'date-time', pattern: givenPattern, examples: ['2026-01-31T12:00:00Z'] })
  .transform((text) => {
    const given = text.toUpperCase().replace(' ', 'T');
    const instant = zoned.safeParse(given).success ? given : `${given}Z`;
    const known = given === instant || naive.safeParse(given).success;
    return known ? new Date(instant).toISOString() : text;
  })
  .pipe(z.iso.datetime({ precision: 3, ...instantForm }));

export const remediationIdSchema = z
  .string()
  .regex(
    /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
    'a remediation id is a lower-case UUID',
  );

/** What a caller names an order by, so that sending it again does nothing again. One token of a subject and of a key. */
export const requestIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'a request id: 1 to 64 of letters, digits, "_" and "-"');

/**
 * A name of a Docker container as a caller may write it: what Docker itself accepts, no path, no wildcard. Docker prints
 * names with a slash before them, which comes off.
 */
export const containerRefSchema = z
  .string()
  .regex(
    /^\/?[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/,
    'a container name or id: 1 to 128 of letters, digits, "_", "." and "-", starting with a letter or digit',
  )
  .transform((name) => name.replace('/', ''));

export const engineSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,63}$/, 'an engine name: 1 to 63 of letters, digits, "_" and "-"');

/** The name of an action or a runbook in its catalogue. */
export const planNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,63}$/, 'a lower-case name of an action or runbook');

/** An action as it was asked for: of a refused request it may be none that there is. */
export const askedActionSchema = z.string().regex(/^[\x20-\x7e]{1,64}$/, 'the name of an action');

export const principalSchema = z.string().min(1).max(128);
export const longestReason = 2_000;
export const reasonSchema = z.string().min(1).max(longestReason);
/** Any JSON object. A record of unknown values would say the same, and be read three times as slowly. */
export const detailsSchema = z.looseObject({});
export type Details = z.infer<typeof detailsSchema>;
