import { composeLabels, type Labels } from '#libs/actions/labels';
import type { drawFrom } from '../draw.ts';

const moments = ['sent', 'requested', 'decided', 'started', 'executed'] as const;
const kinds = ['re-created', 'swapped', 'set aside', 'removed', 'copied'] as const;
export type Moment = (typeof moments)[number];

/** What somebody does to the container of a name, so long after a fact of its remediation was heard. */
export type Move = { readonly kind: (typeof kinds)[number]; readonly upon: Moment; readonly afterMs: number };

export type Schedule = {
  readonly name: string;
  readonly labels: Labels;
  /** Its next run ends at once, so that only another container can look well. */
  readonly fallsIll: boolean;
  readonly moves: readonly Move[];
};

const longestWaitMs = 400;

/** Every second one is as Compose makes it, and every third one does not get well. */
export function scheduleOf(prefix: string, n: number, draw: ReturnType<typeof drawFrom>): Schedule {
  const service = `web${n}`;
  const { project: ofProject, service: ofService, number } = composeLabels;
  const isCompose = draw(2) === 0;
  return {
    name: isCompose ? `${prefix}-${service}-1` : `${prefix}-${service}`,
    labels: isCompose ? { [ofProject]: prefix, [ofService]: service, [number]: '1' } : {},
    fallsIll: draw(3) === 0,
    moves: Array.from({ length: 1 + draw(2) }, () => ({
      kind: kinds[draw(kinds.length)] ?? 'removed',
      upon: moments[draw(moments.length)] ?? 'sent',
      afterMs: draw(2) * draw(longestWaitMs),
    })),
  };
}
