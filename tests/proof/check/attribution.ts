import { targetId } from '#libs/contracts/target';
import type { Evidence } from './evidence.ts';
import { type Mark, marksOf } from './marks.ts';
import { actsIn, remediationsOf } from './remediations.ts';

/** A step that claimed to act on a patient, from its intent to the end of its remediation (which frees the target). */
export type Act = {
  readonly name: string;
  readonly remediationId: string;
  readonly target: string;
  readonly containerId: string | undefined;
  /** ms since the epoch, and places in the stream; what has not ended goes on for ever. */
  readonly from: number;
  readonly to: number;
  readonly fromSequence: number;
  readonly toSequence: number;
  /** As `executed` says; undefined: it says nothing. */
  readonly status: string | undefined;
  readonly reachedDocker: boolean | undefined;
  readonly marks: Mark[];
};

export type Attributed = { readonly acts: readonly Act[]; readonly strays: readonly Mark[] };

/** Gives every sign on a patient to the latest intent that it can come from; `strays` come from none. */
export function attributed(evidence: Evidence): Attributed {
  const idOf = new Map(evidence.run.patients.map(({ name, id }) => [name, id]));
  const acts = [...remediationsOf(evidence.messages).byId.values()].flatMap((remediation): readonly Act[] => {
    const [complete] = remediation.complete;
    return actsIn(remediation).map(({ started, executed }) => ({
      name: `${remediation.id} step ${started.body.n}`,
      remediationId: remediation.id,
      target: targetId(started.body.target),
      containerId: idOf.get(started.body.target.name),
      from: started.storedAt,
      to: complete?.storedAt ?? Number.POSITIVE_INFINITY,
      fromSequence: started.sequence,
      toSequence: complete?.sequence ?? Number.POSITIVE_INFINITY,
      status: executed?.body.status,
      reachedDocker: executed?.body.reached_docker,
      marks: [],
    }));
  });
  const strays: Mark[] = [];
  const byContainer = Map.groupBy(acts, ({ containerId }) => containerId);
  for (const mark of marksOf(evidence)) {
    const own = byContainer.get(mark.containerId) ?? [];
    const latest = own
      .filter(({ from, to }) => from <= mark.at && mark.at <= to)
      .reduce<Act | undefined>((best, act) => (best && best.from > act.from ? best : act), undefined);
    if (latest) latest.marks.push(mark);
    else strays.push(mark);
  }
  return { acts, strays };
}

/** How often the step took effect, by the kind of sign that there are most of. */
export function effectsOf({ marks }: Pick<Act, 'marks'>): number {
  const counts = Map.groupBy(marks, ({ kind }) => kind);
  return Math.max(0, ...[...counts.values()].map(({ length }) => length));
}
