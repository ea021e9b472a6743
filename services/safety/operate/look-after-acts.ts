/**
 * Guarantee: an act that was written down is brought to its end within seconds, whoever died over it, and is forgotten
 * when its fact is. Any replica may do either at any time. While no replica runs, nothing else changes, either.
 */
import type { ActRecord } from '#libs/contracts/act-record';
import { anyAct, requestIdOf } from '#libs/contracts/subjects';
import { fromInstant } from '#libs/runtime/instant';
import { type ActDesk, finish, patienceMs } from './carry-out.ts';

const everyMs = 500;
// A fact is stated after its act is written down, and is to be forgotten first.
const slackMs = 3_600_000;

/** Looks after acts until disposed. `factsKeptMs`: how long a fact stands. The watched records only say where to look. */
export function lookAfterActs(desk: ActDesk, factsKeptMs: number): AsyncDisposable {
  const { bus, acts } = desk;
  const stopping = new AbortController();
  const dueMs = new Map<string, number>();
  const forgottenAt = (record: ActRecord): number => fromInstant(record.asked_at) + factsKeptMs + slackMs;
  const note = (key: string, record: ActRecord): void => {
    dueMs.set(key, record.reply ? forgottenAt(record) : bus.clock.now() + patienceMs);
  };
  const lookAt = async (key: string): Promise<void> => {
    const { value: record, revision } = await acts.read(key);
    if (record && !record.reply) {
      const { verb, actor } = record;
      bus.log.warn({ verb, actor, request_id: requestIdOf(key) }, 'an act is taken up that was not finished');
      await finish(desk, requestIdOf(key), record, revision);
      dueMs.set(key, bus.clock.now() + patienceMs);
    } else {
      if (record && forgottenAt(record) > bus.clock.now()) return note(key, record);
      if (record) await acts.forget(key, revision);
      dueMs.delete(key);
    }
  };
  const lookAround = async (): Promise<void> => {
    const now = bus.clock.now();
    for (const [key, due] of dueMs) {
      if (due > now) continue;
      await lookAt(key).catch((error: unknown) => {
        bus.log.warn({ err: error, key }, 'an act could not be looked after; trying again');
        dueMs.set(key, now + patienceMs);
      });
    }
  };
  const watching = acts.watch(anyAct, note, stopping.signal);
  const looking = (async () => {
    while (!stopping.signal.aborted && !bus.nc.isClosed()) {
      await lookAround();
      await bus.clock.sleep(everyMs, stopping.signal);
    }
  })();
  return {
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await Promise.allSettled([watching, looking]);
    },
  };
}
