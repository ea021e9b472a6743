import type { Bus } from '#libs/bus/bus';
import { isUnreadable, legible, openCells, type Versioned } from '#libs/bus/cell-store';
import { sharePerTurn } from '#libs/bus/share';
import {
  type Cell,
  type Control,
  cellSchema,
  type KeptControl,
  keptControlSchema,
} from '#libs/contracts/cell';
import { buckets, controlKey, targetKey } from '#libs/contracts/subjects';
import type { Target } from '#libs/contracts/target';
import { emptyCell } from './cell.ts';

export type ReadCell = { readonly cell: Cell; readonly revision: number };

/** Safety's only memory: the cells and the switch, in JetStream KV. */
export interface SafetyState {
  readCell(target: Target): Promise<ReadCell>;
  /** Stores `next` if the cell is still at `revision`. */
  compareAndSet(target: Target, revision: number, next: Cell): Promise<'stored' | 'conflict'>;
  /** Applies a pure change until it is stored; a change that changes nothing writes nothing. Tells whether it wrote. */
  change(target: Target, apply: (cell: Cell) => Cell): Promise<boolean>;
  readControl(): Promise<Control>;
  /** Like `change`. */
  changeControl(apply: (kept: KeptControl) => KeptControl): Promise<Control>;
  /** Every target that has a cell. */
  targets(): Promise<readonly Target[]>;
  watchCells(onCell: (cell: Cell) => void, signal: AbortSignal): Promise<void>;
}

const freeControl: KeptControl = { kill_switch: null, maintenance: [], orders: [] };

export async function openState(bus: Bus): Promise<SafetyState> {
  const cells = await openCells(bus, buckets.safety, cellSchema);
  const controls = await openCells(bus, buckets.safety, keptControlSchema);
  const readCell = sharePerTurn(async (target: Target): Promise<ReadCell> => {
    const { value, revision } = await legible(
      cells.read(targetKey(target)),
      buckets.safety,
      targetKey(target),
    );
    return { cell: value ?? emptyCell(target), revision };
  }, targetKey);
  const readControl = sharePerTurn(
    async (key: string): Promise<{ kept: KeptControl; revision: number }> => {
      const { value, revision } = await legible(controls.read(key), buckets.safety, key);
      return { kept: value ?? freeControl, revision };
    },
    (key) => key,
  );
  return {
    readCell,
    compareAndSet: (target, revision, next) => cells.compareAndSet(targetKey(target), revision, next),
    change: async (target, apply) => {
      for (;;) {
        const { cell, revision } = await readCell(target);
        const next = apply(cell);
        if (next === cell) return false;
        if ((await cells.compareAndSet(targetKey(target), revision, next)) === 'stored') return true;
      }
    },
    readControl: async () => shown((await readControl(controlKey)).kept),
    changeControl: async (apply) => {
      for (;;) {
        const { kept, revision } = await readControl(controlKey);
        const next = apply(kept);
        if (next === kept) return shown(kept);
        if ((await controls.compareAndSet(controlKey, revision, next)) === 'stored') return shown(next);
      }
    },
    targets: async () => {
      const keys = await cells.keys('target.>');
      const found = await Promise.all(keys.map((key) => readOrNothing(() => cells.read(key))));
      return found.flatMap(({ value }) => (value ? [value.target] : []));
    },
    watchCells: (onCell, signal) => cells.watch('target.>', (_key, cell) => onCell(cell), signal),
  };
}

/** Whoever looks over all of them is not kept from the rest by one that cannot be read. */
async function readOrNothing<T>(read: () => Promise<Versioned<T>>): Promise<Pick<Versioned<T>, 'value'>> {
  try {
    return await read();
  } catch (error) {
    if (isUnreadable(error)) return { value: undefined };
    throw error;
  }
}

function shown({ kill_switch, maintenance }: KeptControl): Control {
  return { kill_switch, maintenance };
}
