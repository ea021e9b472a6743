import type { AuditHead } from '#libs/contracts/audit-head';
import type { Target } from '#libs/contracts/target';
import { nowhere, place } from '../chain/positions.ts';
import { type Draft, type Link, type Sealed, seal } from '../chain/seal.ts';
import { draftOf } from '../record/draft.ts';
import { type Heard, remediationOf } from '../record/heard.ts';
import type { Origin } from '../record/origin.ts';

export type PlannedRecord = Sealed & { readonly targets: readonly Target[] };

export type PlannedBatch = {
  readonly records: readonly PlannedRecord[];
  readonly end: Link;
  readonly positions: AuditHead['positions'];
  /** Messages whose sequence was used before: their stream began again or lost its end. */
  readonly rewound: readonly Heard[];
};

/** Which records a batch of messages makes, in the order in which they were stored. Pure; what stands in the chain makes none. */
export function planBatch(
  head: Pick<AuditHead, 'n' | 'hash' | 'positions'>,
  batch: readonly Heard[],
  originOf: (id: string) => Origin | undefined,
): PlannedBatch {
  const positions = { ...head.positions };
  const records: PlannedRecord[] = [];
  const rewound: Heard[] = [];
  let end: Link = { n: head.n, hash: head.hash };
  for (const heard of inOrder(batch)) {
    const placed = place(positions[heard.stream] ?? nowhere, heard.sequence, heard.storedAt);
    if (placed.kind === 'known') continue;
    if (placed.kind === 'rewound') rewound.push(heard);
    positions[heard.stream] = placed.position;
    const id = remediationOf(heard.subject);
    const { draft, targets } = draftOf(heard, id === undefined ? undefined : originOf(id));
    const sealed = seal(draft, end);
    end = sealed.record;
    records.push({ ...sealed, targets });
  }
  return { records, end: { n: end.n, hash: end.hash }, positions, rewound };
}

/** A record that the audit makes about itself. */
export function planNote(head: Link, draft: Draft): PlannedRecord {
  return { ...seal(draft, head), targets: [] };
}

/** Each stream by its sequences, the streams among each other by time. */
function inOrder(batch: readonly Heard[]): readonly Heard[] {
  const byStream = Map.groupBy(batch, ({ stream }) => stream);
  const queues = [...byStream.values()].map((heard) => heard.sort((a, b) => b.sequence - a.sequence));
  return batch.flatMap(() => {
    const earliest = queues.reduce((a, b) => (nextTime(b) < nextTime(a) ? b : a));
    return earliest.pop() ?? [];
  });
}

function nextTime(queue: readonly Heard[]): string {
  return queue.at(-1)?.storedAt ?? '\u{10ffff}';
}
