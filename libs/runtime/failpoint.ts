/**
 * Named points at which a process dies at once, as by kill -9, so that tests can see what is left then: nothing is
 * flushed, closed or told. None of them does anything unless HEMOSTAT_FAILPOINTS names it.
 */
import { z } from 'zod';
import type { Log } from './log.ts';

/** In the order in which a remediation comes by. */
export const failpoints = [
  'requested-stored',
  'lease-granted',
  'decided-stored',
  'intent-before',
  'intent-stored',
  'call-before',
  'call-answered',
  'executed-stored',
  'renewal-before',
  'renewal-stored',
  'verifier-looked',
  'rpc-before-answer',
  'verified-stored',
  'finished-before',
  'finished-stored',
  'closing-stored',
  'complete-before',
  'complete-stored',
  'cell-settled',
  'settled',
  'announced',
  'handled-before-ack',
  'outbox-before-flush',
  'audit-append-before',
  'audit-append-synced',
  'audit-head-moved',
  'audit-copied',
  'audit-checkpoint-stored',
] as const;
export type Failpoint = (typeof failpoints)[number];

const wish = `names of failpoints, each with the number of the time at which to die there, for example intent-stored=1,settled=2; there are: ${failpoints.join(', ')}`;

/** `intent-stored=2` dies when that point is passed for the second time; without a number, for the first. */
export const failpointsSetting = z
  .string()
  .default('')
  .transform((text, context): ReadonlyMap<Failpoint, number> => {
    const named = text.split(',').flatMap((part) => (part.trim() === '' ? [] : [readOne(part.trim())]));
    if (!named.includes(undefined)) return new Map(named.flatMap((one) => (one ? [one] : [])));
    context.addIssue({ code: 'custom', message: wish });
    return z.NEVER;
  });

function readOne(text: string): readonly [Failpoint, number] | undefined {
  const [, given, nth = '1'] = /^([a-z-]+)(?:=([1-9]\d{0,5}))?$/.exec(text) ?? [];
  const name = failpoints.find((each) => each === given);
  return name && [name, Number(nth)];
}

let isArmed = false;
const passesLeft = new Map<Failpoint, number>();

/** Of several services in one process the first one arms them for all. */
export function armFailpoints(wanted: ReadonlyMap<Failpoint, number>, log: Log): void {
  if (wanted.size === 0) return;
  log.warn(
    { failpoints: Object.fromEntries(wanted) },
    'HEMOSTAT_FAILPOINTS is set: THIS PROCESS WILL KILL ITSELF on purpose. It is for tests alone; unset it anywhere else',
  );
  for (const [name, nth] of wanted) if (!passesLeft.has(name)) passesLeft.set(name, nth);
  isArmed = true;
}

/** Dies here when this point is armed and its time has come. */
export function failpoint(name: Failpoint): void {
  if (isArmed) pass(name);
}

function pass(name: Failpoint): void {
  const left = passesLeft.get(name);
  if (left === undefined) return;
  passesLeft.set(name, left - 1);
  if (left === 1) process.kill(process.pid, 'SIGKILL');
}
