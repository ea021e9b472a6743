import { z } from 'zod';
import type { Screen } from './screen.ts';
import { tableLines } from './table.ts';

export const gateSchema = z.object({
  gate: z.string(),
  target: z.string().optional(),
  pass: z.boolean(),
  overridden: z.boolean().optional(),
  message: z.string(),
  allowed_at: z.string().optional(),
});
export type Gate = z.output<typeof gateSchema>;

/** Every gate's word; the target is named where several are concerned. */
export function gateLines(gates: readonly Gate[], out: Screen): readonly string[] {
  const several = new Set(gates.flatMap(({ target }) => target ?? [])).size > 1;
  const names = ['gate', 'verdict', ...(several ? ['target'] : []), 'because'];
  const rows = gates.map(({ gate, target = '', pass, overridden, message, allowed_at }) => [
    gate,
    overridden ? 'overridden' : pass ? 'pass' : 'NO',
    ...(several ? [target] : []),
    allowed_at === undefined ? message : `${message} (until ${allowed_at})`,
  ]);
  return tableLines(names, rows, (cell, column) => {
    if (column !== 1) return cell;
    return out.paint(cell.trim() === 'NO' ? 'red' : cell.trim() === 'pass' ? 'green' : 'yellow', cell);
  });
}
