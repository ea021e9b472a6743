import { z } from 'zod';
import { fromInstant } from '#libs/runtime/instant';
import { sayDuration } from './moments.ts';
import { tableLines } from './table.ts';

const cellSchema = z.object({
  target: z.string(),
  lease: z.object({ remediation_id: z.string(), state: z.string(), deadline_at: z.string() }).nullable(),
  cooldown: z.object({ until: z.string(), remaining_seconds: z.number() }).nullable(),
  back_off: z.object({ until: z.string(), remaining_seconds: z.number(), failures: z.number() }).nullable(),
  breaker: z.object({
    state: z.string(),
    retry_count: z.number(),
    limit: z.number(),
    open_until: z.string().nullable(),
  }),
});
export type SafetyCell = z.output<typeof cellSchema>;

export const controlSchema = z.object({
  kill_switch: z
    .object({ since: z.string(), until: z.string().nullable(), actor: z.string(), reason: z.string() })
    .nullable(),
  maintenance: z.array(
    z.object({ from: z.string(), until: z.string(), targets: z.array(z.string()), reason: z.string() }),
  ),
});
type SafetyControl = z.output<typeof controlSchema>;

export const safetyStatusSchema = z.object({
  control: controlSchema,
  cells: z.array(cellSchema),
  left_out: z.number().default(0),
});

/** Something holds it, or held it so lately that it still counts. */
export function isActive({ lease, cooldown, back_off, breaker }: SafetyCell): boolean {
  return (
    lease !== null ||
    (cooldown?.remaining_seconds ?? 0) > 0 ||
    (back_off?.remaining_seconds ?? 0) > 0 ||
    breaker.state !== 'closed' ||
    breaker.retry_count > 0
  );
}

export function cellLines(cells: readonly SafetyCell[], now: number): readonly string[] {
  return tableLines(
    ['target', 'lease', 'cooldown', 'back-off', 'breaker'],
    cells.map(({ target, lease, cooldown, back_off, breaker }) => [
      target,
      lease ? `${lease.state} by ${lease.remediation_id}` : '-',
      cooldown && cooldown.remaining_seconds > 0 ? `${sayDuration(cooldown.remaining_seconds)} left` : '-',
      back_off && back_off.remaining_seconds > 0
        ? `${sayDuration(back_off.remaining_seconds)} left after ${back_off.failures}`
        : '-',
      sayBreaker(breaker, now),
    ]),
  );
}

export function controlLines({ kill_switch, maintenance }: SafetyControl, now: number): readonly string[] {
  const on = kill_switch && (kill_switch.until === null || fromInstant(kill_switch.until) > now);
  const end = kill_switch?.until ? `until ${kill_switch.until}` : 'until somebody resumes';
  return [
    on
      ? `Paused by ${kill_switch.actor} since ${kill_switch.since}, ${end}: ${kill_switch.reason}`
      : 'Not paused: remediations are decided one by one.',
    ...maintenance.map(
      ({ from, until, targets, reason }) =>
        `Maintenance from ${from} until ${until} of ${targets.join(', ') || 'every target'}: ${reason}`,
    ),
  ];
}

function sayBreaker({ state, retry_count, limit, open_until }: SafetyCell['breaker'], now: number): string {
  const count = `${retry_count} of ${limit}`;
  if (state !== 'open' || open_until === null) return `${state.replace('_', '-')}, ${count}`;
  return `open for ${sayDuration((fromInstant(open_until) - now) / 1_000)}, ${count}`;
}
