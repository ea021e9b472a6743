import { z } from 'zod';
import type { RemediationView } from './view.ts';

const numbersSchema = z.object({
  count: z.number(),
  limit: z.number(),
  window_seconds: z.number(),
  reset_seconds: z.number(),
});

/** The headers `RateLimit-Policy` and `RateLimit`, from what the gate `rate` said; of several targets, the one with least left. */
export function rateLimitHeaders({ requested, decided }: RemediationView): Readonly<Record<string, string>> {
  const spoken = (decided?.gates ?? []).filter(({ gate }) => gate === 'rate');
  const said = spoken.flatMap(({ pass, numbers }) => {
    const read = numbersSchema.safeParse(numbers);
    if (!read.success) return [];
    // This request took one itself, unless it was a dry run or the last one was gone.
    const taken = pass && !requested.ask.dry_run ? 1 : 0;
    return [{ ...read.data, left: Math.max(0, read.data.limit - read.data.count - taken) }];
  });
  const [least] = said.toSorted((a, b) => a.left - b.left);
  if (!least) return {};
  const name = JSON.stringify(requested.endpoint);
  return {
    'ratelimit-policy': `${name};q=${least.limit};w=${Math.ceil(least.window_seconds)}`,
    ratelimit: `${name};r=${least.left};t=${Math.ceil(least.reset_seconds)}`,
  };
}
