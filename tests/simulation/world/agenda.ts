/** What is to happen, by its time; what is due at the same time happens in the order in which it was put down. */
export interface Agenda {
  put(dueAt: number, work: () => void): Cancel;
  take(): Due | undefined;
}
export type Cancel = () => void;
export type Due = { readonly dueAt: number; readonly work: () => void };

type Entry = { readonly dueAt: number; readonly order: number; work: (() => void) | undefined };

const before = (a: Entry, b: Entry): boolean =>
  a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.order < b.order);

/** A binary heap. */
export function createAgenda(): Agenda {
  const heap: Entry[] = [];
  let order = 0;

  const swap = (a: number, b: number): void => {
    const [left, right] = [heap[a], heap[b]];
    if (left && right) [heap[a], heap[b]] = [right, left];
  };
  const isBefore = (a: number, b: number): boolean => {
    const [left, right] = [heap[a], heap[b]];
    return left !== undefined && right !== undefined && before(left, right);
  };
  const rise = (from: number): void => {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!isBefore(at, parent)) return;
      swap(at, parent);
      at = parent;
    }
  };
  const sink = (): void => {
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let first = at;
      if (isBefore(left, first)) first = left;
      if (isBefore(right, first)) first = right;
      if (first === at) return;
      swap(at, first);
      at = first;
    }
  };
  const pop = (): Entry | undefined => {
    const first = heap[0];
    const last = heap.pop();
    if (first && last && first !== last) {
      heap[0] = last;
      sink();
    }
    return first;
  };

  return {
    put: (dueAt, work) => {
      const entry: Entry = { dueAt, order: order++, work };
      heap.push(entry);
      rise(heap.length - 1);
      return () => {
        entry.work = undefined;
      };
    },
    take: () => {
      for (let entry = pop(); entry; entry = pop()) {
        if (entry.work) return { dueAt: entry.dueAt, work: entry.work };
      }
      return undefined;
    },
  };
}
