/**
 * Guarantee: a message that the consumer forgot (a server that lost what it knew of it) is found all the same: what
 * stays missing among the sequences is read from the stream itself.
 */
import type { AuditHead } from '#libs/contracts/audit-head';
import type { Clock } from '#libs/runtime/clock';
import type { Log } from '#libs/runtime/log';
import type { Appender } from './appender.ts';
import type { MeshStreams } from './mesh-streams.ts';

type Gap = AuditHead['positions'][string]['gaps'][number] & { readonly stream: string };

export type FillGapsPorts = {
  readonly streams: Pick<MeshStreams, 'messageAt' | 'firstSequence'>;
  readonly appender: Pick<Appender, 'append' | 'closeGap' | 'positions'>;
  readonly clock: Clock;
  readonly log: Log;
};

/** Longer than a redelivery takes, so that only what does not come by itself is fetched. */
const lookEveryMs = 12_000;
const mostGapsAtOnce = 100;

/** Looks for gaps that were there the last time, too, until the signal aborts. Never rejects. */
export async function fillGaps(ports: FillGapsPorts, signal: AbortSignal): Promise<void> {
  let before = new Set<string>();
  while (!signal.aborted) {
    await ports.clock.sleep(lookEveryMs, signal);
    const gaps = gapsIn(ports.appender.positions());
    for (const gap of gaps.filter((each) => before.has(nameOf(each))).slice(0, mostGapsAtOnce)) {
      if (signal.aborted) return;
      await fillGap(ports, gap, signal).catch((error: unknown) =>
        ports.log.debug({ err: error }, 'a gap in the audit could not be looked at; trying again'),
      );
    }
    before = new Set(gaps.map(nameOf));
  }
}

/** From its end downwards: in a stream that began again everything new is younger than everything known. */
export async function fillGap(
  { streams, appender, log }: Omit<FillGapsPorts, 'clock'>,
  { stream, from, to, after }: Gap,
  signal: AbortSignal,
): Promise<void> {
  const first = await streams.firstSequence(stream);
  if (first > from) appender.closeGap(stream, from, Math.min(to, first - 1));
  for (let sequence = to; sequence >= Math.max(from, first) && !signal.aborted; sequence -= 1) {
    const heard = await streams.messageAt(stream, sequence);
    if (heard === undefined) {
      appender.closeGap(stream, sequence, sequence);
    } else if (after !== null && heard.storedAt <= after) {
      appender.closeGap(stream, from, sequence);
      return;
    } else {
      log.warn({ stream, sequence }, 'a message had not been delivered to the audit; read from its stream');
      await appender.append(heard);
    }
  }
}

function gapsIn(positions: AuditHead['positions']): readonly Gap[] {
  return Object.entries(positions).flatMap(([stream, { gaps }]) => gaps.map((gap) => ({ ...gap, stream })));
}

function nameOf({ stream, from, to }: Gap): string {
  return `${stream} ${from} ${to}`;
}
