import type { AuditPosition } from '#libs/contracts/audit-head';

type Gap = AuditPosition['gaps'][number];

export const nowhere: AuditPosition = { last: 0, newest_at: null, gaps: [] };

/**
 * `new`: the message does not stand in the audit. `known`: it does. `rewound`: it does not, although its sequence is
 * used up, because the stream began again or lost its end.
 */
export type Placed = {
  readonly kind: 'new' | 'known' | 'rewound';
  readonly position: AuditPosition;
};

/** Nothing is stored that soon after a server lost the end of a stream; below it, clocks are only rounded differently. */
const noticeablyMs = 5;

/** Whether a message stands in the audit, and what stands there once it does. Instants are RFC 3339 UTC, so they compare as text. */
export function place(position: AuditPosition, sequence: number, storedAt: string): Placed {
  const { last, newest_at, gaps } = position;
  if (sequence > last) {
    const skipped = sequence > last + 1 ? [{ from: last + 1, to: sequence - 1, after: null }] : [];
    return { kind: 'new', position: at(sequence, [...gaps, ...skipped]) };
  }
  const gap = gaps.find(({ from, to }) => from <= sequence && sequence <= to);
  if (gap && (gap.after === null || storedAt > gap.after)) {
    return { kind: 'new', position: at(last, without(gaps, sequence)) };
  }
  if (newest_at === null || Date.parse(storedAt) - Date.parse(newest_at) <= noticeablyMs)
    return { kind: 'known', position };
  return { kind: 'rewound', position: at(sequence, gapsAfterRewind(gaps, sequence, newest_at)) };

  function at(newLast: number, newGaps: readonly Gap[]): AuditPosition {
    const newest = newest_at === null || storedAt > newest_at ? storedAt : newest_at;
    return { last: newLast, newest_at: newest, gaps: [...newGaps] };
  }
}

/** Takes the range out of the gaps: nothing will come there any more. */
export function closeGap(position: AuditPosition, from: number, to: number): AuditPosition {
  const gaps = position.gaps.flatMap((gap) => cut(gap, from, to));
  return gaps.length === position.gaps.length && gaps.every((gap, at) => gap === position.gaps[at])
    ? position
    : { ...position, gaps };
}

function without(gaps: readonly Gap[], sequence: number): Gap[] {
  return gaps.flatMap((gap) => cut(gap, sequence, sequence));
}

function cut(gap: Gap, from: number, to: number): Gap[] {
  if (to < gap.from || gap.to < from) return [gap];
  return [
    ...(gap.from < from ? [{ ...gap, to: from - 1 }] : []),
    ...(to < gap.to ? [{ ...gap, from: to + 1 }] : []),
  ];
}

/** Below a rewound sequence anything may be new that was stored after the newest that is known. */
function gapsAfterRewind(gaps: readonly Gap[], sequence: number, newestAt: string): Gap[] {
  const below = gaps.flatMap((gap) => cut(gap, sequence, Number.MAX_SAFE_INTEGER));
  let free: Gap[] = sequence > 1 ? [{ from: 1, to: sequence - 1, after: newestAt }] : [];
  for (const { from, to } of below) free = free.flatMap((gap) => cut(gap, from, to));
  return [...below, ...free].sort((a, b) => a.from - b.from);
}
