/** One second of the soak: twenty remediations, a fifth of which come to the Docker Engine. */
export const perSecond = 20;

export const kinds = ['restart', 'exec', 'refusal', 'dry_run'] as const;
export type Kind = (typeof kinds)[number];

/** What is asked for at tick `tick`: of twenty, one restart that is verified, three commands, eight refusals, eight dry runs. */
export function kindAt(tick: number): Kind {
  const at = tick % perSecond;
  if (at === 0) return 'restart';
  if (at === 5 || at === 10 || at === 15) return 'exec';
  return at % 2 === 1 ? 'refusal' : 'dry_run';
}

/** In turn over both doors. */
export const doorAt = (tick: number): 'http' | 'nats' => (Math.floor(tick / 2) % 2 === 0 ? 'http' : 'nats');
