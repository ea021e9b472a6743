/**
 * Guarantee: a checkpoint says only what the head has confirmed, so there is one root for each size, whoever signs it;
 * and it is signed only after the audit was seen to continue the last one. A process that paused comes too late with
 * its own: it is stored right behind the one that was read, or not at all.
 */
import { atMostEachMinute } from '#libs/runtime/at-most-each-minute';
import type { Clock } from '#libs/runtime/clock';
import { failpoint } from '#libs/runtime/failpoint';
import type { Health } from '#libs/runtime/health';
import type { Log } from '#libs/runtime/log';
import { createNews } from '#libs/runtime/news';
import { mustHold, Overtaken } from '../file/trouble.ts';
import { rootOf, type Tree } from '../tree/frontier.ts';
import { signCheckpoint } from './checkpoint.ts';
import { continues } from './continues.ts';
import type { Signer } from './note.ts';
import type { CheckpointStore } from './store.ts';
import { Unsigned } from './unsigned.ts';

export type IssuingPorts = {
  readonly store: CheckpointStore;
  /** Throws `Unsigned`. */
  readonly signer: () => Signer;
  readonly every: { readonly records: number; readonly ms: number };
  readonly path: string;
  readonly health: Pick<Health, 'report'>;
  readonly clock: Clock;
  readonly log: Log;
};

export interface Issuing {
  /** There is more to sign. */
  tell(): void;
  /** Signs all there is now. Rejects when NATS is away, with `Overtaken`, and with `Unsigned`. */
  issue(): Promise<void>;
  /** Issues when it is due, until the signal aborts. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

const part = 'audit_checkpoints';
const againAfterMs = 2_000;
const remedy =
  'run: hemostat audit verify. Put back what was changed or lost: the audit files, or the key keys/audit-checkpoints.pem in the data folder. If the key is lost for good, or the stream holds what nobody of the mesh stored there, save the old checkpoints, empty the stream HEMOSTAT_CHECKPOINTS (on a NATS with keys nobody may: stop it and move the folder streams/HEMOSTAT_CHECKPOINTS of its data away; nats/set-up.ts makes the stream anew), and tell everybody who pinned the old key. The audit goes on recording meanwhile, without checkpoints';

type Last = { readonly size: number; readonly sequence: number };

export function createIssuing(
  ports: IssuingPorts,
  treeNow: () => Tree | undefined,
  holds: () => boolean,
): Issuing {
  const { store, signer, every, path, health, clock, log } = ports;
  const news = createNews(clock);
  const mayTell = atMostEachMinute(clock);
  let last: Last | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  const lookUp = async (tree: Tree): Promise<Last> => {
    const stored = await store.last();
    if (!stored) return { size: 0, sequence: 0 };
    const found = await continues(stored, tree, signer().verifier, path);
    if ('why' in found)
      throw new Unsigned(`the audit does not continue its newest checkpoint: ${found.why}`, remedy);
    return { size: found.size, sequence: stored.sequence };
  };

  const issueInTurn = async (): Promise<void> => {
    const tree = treeNow();
    if (!tree) return;
    last ??= await lookUp(tree);
    if (tree.size <= last.size) return;
    mustHold(holds);
    const root = rootOf(tree);
    const note = signCheckpoint({ size: tree.size, root }, signer());
    const sequence = await store.add(note, tree, last.sequence).catch((error: unknown) => {
      last = undefined;
      throw error;
    });
    if (sequence === 'overtaken') {
      last = undefined;
      throw new Overtaken();
    }
    failpoint('audit-checkpoint-stored');
    last = { size: tree.size, sequence };
    log.info(
      { size: tree.size, root: root.toString('base64'), checkpoint: note },
      'a checkpoint of the audit was signed',
    );
  };
  const issue = (): Promise<void> => {
    const done = turn.then(issueInTurn);
    turn = done.catch(() => {});
    return done;
  };

  const issued = async (): Promise<true> => {
    await issue();
    return true;
  };

  const unsigned = ({ message: cause, remedy: whatToDo }: Unsigned): void => {
    health.report(part, { ok: false, cause, remedy: whatToDo });
    if (mayTell(cause)) log.error(`NO CHECKPOINT OF THE AUDIT IS SIGNED: ${cause}. What to do: ${whatToDo}`);
  };

  const run = async (signal: AbortSignal): Promise<void> => {
    let dueAt: number | undefined;
    while (!signal.aborted) {
      const tree = treeNow();
      const behind = (tree?.size ?? 0) - (last?.size ?? 0);
      if (behind > 0) dueAt ??= clock.now() + every.ms;
      else dueAt = undefined;
      // The first look of a session is at the last checkpoint; it issues nothing that is not due.
      if (tree && last === undefined) {
        last = await attempt(() => lookUp(tree), signal);
        continue;
      }
      if (behind >= every.records || (dueAt !== undefined && clock.now() >= dueAt)) {
        if (await attempt(issued, signal)) dueAt = undefined;
        continue;
      }
      await news.within(dueAt === undefined ? every.ms : dueAt - clock.now(), signal);
    }
  };

  /** Undefined when it failed; then some time has passed. */
  const attempt = async <T>(work: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> => {
    try {
      const done = await work();
      health.report(part, { ok: true });
      return done;
    } catch (error) {
      if (error instanceof Unsigned) unsigned(error);
      else log.debug({ err: error }, 'a checkpoint of the audit could not be stored; trying again');
      await clock.sleep(againAfterMs, signal);
      return undefined;
    }
  };

  return { tell: news.tell, issue, run };
}
