export type SeenRun = { readonly containerId: string; readonly mark: string };

/** The runs of programs that were created through this guard. Forgotten when it ends: then they are not started. */
export interface SeenRuns {
  created(execId: string, run: SeenRun): void;
  /** The id of its container, until it is started. */
  waitingIn(execId: string): string | undefined;
  /** True once for each that was created. */
  start(execId: string): boolean;
  /** Was a program with this mark created in this container? */
  hasMark(run: SeenRun): boolean;
}

const most = 4_096;

export function createSeenRuns(): SeenRuns {
  const waiting = new Map<string, SeenRun>();
  const marks = new Set<string>();
  const textOf = ({ containerId, mark }: SeenRun): string => `${containerId} ${mark}`;
  return {
    created: (execId, run) => {
      waiting.set(execId, run);
      marks.add(textOf(run));
      dropOldest(waiting);
      dropOldest(marks);
    },
    waitingIn: (execId) => waiting.get(execId)?.containerId,
    start: (execId) => waiting.delete(execId),
    hasMark: (run) => marks.has(textOf(run)),
  };
}

// Both keep the order in which they were filled.
function dropOldest(kept: Map<string, unknown> | Set<string>): void {
  const [oldest] = kept.keys();
  if (kept.size > most && oldest !== undefined) kept.delete(oldest);
}
