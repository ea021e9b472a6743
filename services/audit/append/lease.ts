/**
 * Guarantee: of any number of replicas one holds the lease, provided that their clocks differ by less than the margin
 * and none pauses for longer than the lease between looking at it and one write. Whoever does, comes late with that
 * one write and is stopped by the head; what it wrote is found by the holder, see `chain-file` and `recover`.
 */
import type { CellStore } from '#libs/bus/cell-store';
import type { Appender } from '#libs/contracts/audit-head';
import type { Clock } from '#libs/runtime/clock';
import { fromInstant, toInstant } from '#libs/runtime/instant';
import type { Log } from '#libs/runtime/log';

export const appenderKey = 'appender';

const lookEveryMs = 250;

export type Lease = {
  /** Aborts when the lease is lost or the service stops. */
  readonly signal: AbortSignal;
  /** Looked at right before every write. */
  readonly holds: () => boolean;
  /** How often it is renewed. */
  readonly renewEveryMs: number;
};

export type LeaseOptions = {
  /** A quarter of it is the margin: the holder stops that long before the deadline, others wait that long after it. */
  readonly leaseMs: number;
  readonly cells: CellStore<Appender>;
  readonly owner: string;
  /** Why this replica cannot write the file, or sign; it is told to the others with each renewal. */
  readonly troubles: () => Pick<Appender, 'trouble' | 'checkpoints'>;
  readonly clock: Clock;
  readonly log: Log;
};

/** Stands by until the lease is free, runs `work` while it holds it, and again, until disposed. Disposing waits for `work` and frees the lease. */
export function appendWhileLeased(
  options: LeaseOptions,
  work: (lease: Lease) => Promise<void>,
): AsyncDisposable {
  const stopping = new AbortController();
  const running = standBy(options, work, stopping.signal);
  return {
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await running;
    },
  };
}

async function standBy(
  options: LeaseOptions,
  work: (lease: Lease) => Promise<void>,
  stopping: AbortSignal,
): Promise<void> {
  const { clock, log, owner } = options;
  while (!stopping.aborted) {
    const held = await acquire(options).catch((error: unknown) => {
      log.debug({ err: error }, 'it could not be read from NATS which audit service writes the audit file');
      return undefined;
    });
    if (held) {
      log.info({ owner }, 'this audit service writes the audit file from now on; others that run stand by');
      await workWhileRenewing(options, held, work, stopping);
    }
    await clock.sleep(lookEveryMs, stopping);
  }
}

function marginMs({ leaseMs }: LeaseOptions): number {
  return leaseMs / 4;
}

type Held = { readonly revision: number; readonly untilMs: number };

async function acquire(options: LeaseOptions): Promise<Held | undefined> {
  const { cells, clock, owner } = options;
  const { value, revision } = await cells.read(appenderKey);
  const free =
    value === undefined ||
    value.owner === owner ||
    clock.now() > fromInstant(value.deadline_at) + marginMs(options);
  return free ? write(options, revision, options.leaseMs) : undefined;
}

/** Writes the lease anew; what stands there counts. Undefined when it is somebody else's. Rejects when NATS is silent. */
async function write(options: LeaseOptions, revision: number, forMs: number): Promise<Held | undefined> {
  const { cells, clock, owner } = options;
  const now = clock.now();
  const value = {
    owner,
    renewed_at: toInstant(now),
    deadline_at: toInstant(now + forMs),
    ...options.troubles(),
  };
  await cells.compareAndSet(appenderKey, revision, value);
  const stored = await cells.read(appenderKey);
  if (stored.value?.owner !== owner) return undefined;
  return { revision: stored.revision, untilMs: fromInstant(stored.value.deadline_at) };
}

async function workWhileRenewing(
  options: LeaseOptions,
  first: Held,
  work: (lease: Lease) => Promise<void>,
  stopping: AbortSignal,
): Promise<void> {
  const { clock, log, leaseMs } = options;
  const margin = marginMs(options);
  const lost = new AbortController();
  let held = first;
  const holds = (): boolean => !lost.signal.aborted && clock.now() < held.untilMs - margin;
  const signal = AbortSignal.any([lost.signal, stopping]);
  const done = new AbortController();
  const renewEveryMs = leaseMs / 4;
  const worked = work({ signal, holds, renewEveryMs }).finally(() => done.abort());

  // Goes on while the work ends after a stop: until then nobody else may begin.
  while (!done.signal.aborted) {
    await clock.sleep(renewEveryMs, done.signal);
    if (done.signal.aborted) break;
    const renewed = await write(options, held.revision, leaseMs).catch(() => held);
    if (renewed) held = renewed;
    if (!renewed || !holds()) {
      log.warn(
        'this audit service had no answer from NATS in time and stopped writing the audit file; another one, or this one again, goes on with it, and nothing is lost',
      );
      lost.abort();
      break;
    }
  }
  await worked;
  if (!lost.signal.aborted) await write(options, held.revision, -margin - 1).catch(() => {});
}
