import type { Meaning } from './config.ts';
import type { ErrorRate } from './error-rate.ts';
import type { EndpointReading } from './probe.ts';

/**
 * What one part of a target's health says. `missing`: the target does not tell it, which is no evidence either way.
 * `inconclusive`: it tells something that nobody here understands, or could not be asked.
 */
export type Standing = 'healthy' | 'degraded' | 'unhealthy' | 'inconclusive' | 'missing';

export type Dimension = {
  readonly standing: Standing;
  readonly value: string | number | null;
  /** For a person: why it stands so. */
  readonly note: string;
};

/** What a word in a health document means, e.g. `status`, or a pool's `pool_health`. */
export function wordDimension(what: string, word: unknown, meaning: Meaning): Dimension {
  if (word === undefined || word === null)
    return { standing: 'missing', value: null, note: `no ${what} is told` };
  if (typeof word !== 'string')
    return { standing: 'inconclusive', value: null, note: `the ${what} is no word` };
  const value = word.slice(0, 100);
  const note = `the ${what} is "${value}"`;
  const key = word.trim().toLowerCase();
  if (meaning.healthy.has(key)) return { standing: 'healthy', value, note };
  if (meaning.degraded.has(key)) return { standing: 'degraded', value, note };
  if (meaning.unhealthy.has(key)) return { standing: 'unhealthy', value, note };
  return {
    standing: 'inconclusive',
    value,
    note: `${note}, a word that is not known; add it to HEMOSTAT_HEALTHY_STATUSES, HEMOSTAT_DEGRADED_STATUSES or HEMOSTAT_UNHEALTHY_STATUSES`,
  };
}

export function errorRateDimension({ percent, about }: ErrorRate, limitPercent: number): Dimension {
  const value = percent;
  if (percent === null || about === 'nothing')
    return { standing: 'missing', value: null, note: 'no error rate is told' };
  const note = `the error rate is ${percent} %, the limit ${limitPercent} %`;
  if (percent <= limitPercent) return { standing: 'healthy', value, note };
  if (about === 'now') return { standing: 'unhealthy', value, note };
  if (about === 'idle')
    return { standing: 'missing', value, note: `${note}, but nothing was asked of it since the last look` };
  return {
    standing: 'inconclusive',
    value,
    note: `${note}, counted since its start; a second look shows how it is now`,
  };
}

/** What the answer itself says, whatever stands in it. Only the health endpoint must exist. */
export function answerDimension(
  what: 'health' | 'metrics' | 'pool status',
  reading: EndpointReading,
): Dimension {
  const must = what === 'health';
  if (reading.kind === 'failed') {
    const note = `its ${what} could not be read (${reading.failure.replaceAll('_', ' ')})`;
    return { standing: 'inconclusive', value: null, note };
  }
  const { status, body } = reading;
  const value = status;
  if (status >= 500) {
    return {
      standing: must ? 'unhealthy' : 'inconclusive',
      value,
      note: `its ${what} answers with HTTP ${status}`,
    };
  }
  if (status === 404 && !must) return { standing: 'missing', value, note: `it has no ${what}` };
  if (status < 200 || status > 299)
    return { standing: 'inconclusive', value, note: `its ${what} answers with HTTP ${status}` };
  if (body === undefined)
    return { standing: 'inconclusive', value, note: `its ${what} is no JSON of at most 1 MiB` };
  return { standing: 'healthy', value, note: `its ${what} answers` };
}
