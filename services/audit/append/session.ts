import type { Bus } from '#libs/bus/bus';
import { consume, type Delivery, type Handled } from '#libs/bus/consume';
import { ackWaitMs } from '#libs/bus/provision';
import type { AuditHead } from '#libs/contracts/audit-head';
import type { AuditRecord } from '#libs/contracts/audit-record';
import { consumers, streams as streamNames } from '#libs/contracts/subjects';
import { atMostEachMinute } from '#libs/runtime/at-most-each-minute';
import type { HeadStore } from '../chain/head-store.ts';
import type { Checkpoints } from '../checkpoint/checkpoints.ts';
import { createIssuing } from '../checkpoint/issuing.ts';
import { openChainFile } from '../file/chain-file.ts';
import type { FileHealth } from '../file/file-health.ts';
import { createKeeping, type KeepingOptions } from '../file/keeping.ts';
import { FileTrouble, isNewBeginning } from '../file/trouble.ts';
import { heardOf } from '../record/heard.ts';
import type { Origins } from '../record/origin.ts';
import { type Appender, startAppender } from './appender.ts';
import { copyMissing } from './copies.ts';
import { fillGaps } from './fill-gaps.ts';
import { findFullFiles } from './find-full-files.ts';
import { findTree } from './find-tree.ts';
import type { Lease } from './lease.ts';
import { isMadeOfItsMessage } from './made-of-message.ts';
import type { MeshStreams } from './mesh-streams.ts';
import { type Recovered, recover } from './recover.ts';
import { noteOf, tellRecovered } from './tell-recovered.ts';
import { watchFile } from './watch-file.ts';

export type SessionPorts = {
  readonly bus: Bus;
  readonly fileHealth: FileHealth;
  readonly heads: HeadStore;
  readonly streams: MeshStreams;
  readonly origins: Origins;
  readonly files: KeepingOptions;
  readonly checkpoints: Checkpoints;
};

const againAfterMs = 100;
const againAfterTroubleMs = 1_000;
/** How long a stop may take to finish what was begun. */
const finishWithinMs = 2_000;
const noTree =
  'a part of the audit was lost before there were checkpoints, so none can be signed: put the missing audit files back and start the audit service again, or begin a new audit with another AUDIT_FILE and an empty bucket hemostat_audit';
/** Whoever has appended for so long without an end goes on, also when there was nothing to append. */
const undisturbedMs = 10_000;

/** Appends for as long as the lease holds, beginning anew after anything that ends it. Never rejects. */
export async function appendUnderLease(ports: SessionPorts, lease: Lease): Promise<void> {
  const { bus, fileHealth } = ports;
  const mayTell = atMostEachMinute(bus.clock);
  while (!lease.signal.aborted) {
    let waitMs = againAfterMs;
    try {
      if (lease.holds()) await session(ports, lease);
    } catch (error) {
      const isOver = isNewBeginning(error);
      if (!isOver) waitMs = againAfterTroubleMs;
      if (error instanceof FileTrouble) fileHealth.bad(error);
      else if (!isOver && !lease.signal.aborted) {
        fileHealth.ended();
        if (mayTell(String(error)))
          bus.log.error(
            { err: error },
            'the audit cannot record anything at the moment; it tries again every second, and nothing is lost: the facts wait in NATS. Check that NATS runs, and that all services run the same version',
          );
      }
    }
    await bus.clock.sleep(waitMs, lease.signal);
  }
}

async function session(ports: SessionPorts, lease: Lease): Promise<void> {
  const { bus, fileHealth, heads, streams, origins, files, checkpoints } = ports;
  const { clock, log } = bus;
  const stored = await heads.read();
  const recovered = await recovering(ports, lease, stored);
  tellRecovered(bus.log, files.path, recovered);
  const { uncopied } = recovered;
  const above = recovered.head.copied.sequence;
  const last = await copyMissing({ streams, clock, log, origins }, uncopied, above, lease.signal);
  const copied = { n: recovered.head.n, sequence: last };
  const tree = await findTree(files.path, recovered.head).catch((error: unknown) => {
    throw new FileTrouble(error);
  });
  if (!tree) bus.log.error(noTree);
  const head: AuditHead = {
    ...recovered.head,
    copied,
    owner: bus.nonce,
    ...(tree && { tree: [...tree.hashes] }),
  };
  if ((await heads.move(head, lease.signal)) === 'overtaken') return;
  fileHealth.good();

  await using stack = new AsyncDisposableStack();
  const { path } = files;
  const full = await findFullFiles(path, head).catch((error: unknown) => {
    throw new FileTrouble(error);
  });
  const file = stack.use(openChainFile({ path, goodSize: recovered.fileSize, full, holds: lease.holds }));
  const note = recovered.contradiction && noteOf(recovered.contradiction, clock.now());
  const keeping = createKeeping(files);
  const { holds } = lease;
  const issuing = createIssuing(checkpoints, () => appender.tree(), holds);
  const onMoved = issuing.tell;
  const appender: Appender = stack.use(
    startAppender(
      { heads, file, keeping, streams, origins, holds, clock, log, fileHealth, onMoved },
      head,
      note,
    ),
  );
  using _ = checkpoints.whileIssuing(issuing.issue);
  const ending = new AbortController();
  const over = AbortSignal.any([lease.signal, ending.signal]);
  const filling = fillGaps({ streams, appender, clock, log }, over);
  const changed = watchFile({ file, everyMs: lease.renewEveryMs, clock, log }, over);
  const signing = issuing.run(over);
  const consuming = [
    listen(bus, appender, streamNames.facts, consumers.audit, 512),
    listen(bus, appender, streamNames.dead, consumers.auditDead, 64),
  ];
  const undisturbed = clock.sleep(undisturbedMs, over).then(() => {
    if (!over.aborted) fileHealth.goesOn();
  });
  await Promise.race([appender.ended, aborted(lease.signal), changed]);
  ending.abort();
  // After a stop the last batch is still finished; without the lease nothing is.
  const finished = new AbortController();
  const time = clock.sleep(lease.holds() ? finishWithinMs : 0, finished.signal);
  const drained = Promise.all(consuming.map((consumer) => consumer[Symbol.asyncDispose]()));
  await Promise.race([drained, appender.ended, time]);
  finished.abort();
  await appender[Symbol.asyncDispose]();
  await Promise.all([drained, filling, changed, undisturbed, signing]);
  const reason = await appender.ended;
  // What was recorded last need not wait for the next start.
  if (reason === undefined && lease.signal.aborted && holds()) await issuing.issue().catch(() => {});
  if (reason !== undefined) throw reason;
}

async function recovering(
  { streams, origins, files }: SessionPorts,
  { holds }: Lease,
  stored: AuditHead | undefined,
): Promise<Recovered> {
  let unanswered: unknown;
  const made = (record: AuditRecord): Promise<boolean> =>
    isMadeOfItsMessage({ streams, origins }, record).catch((error: unknown) => {
      unanswered = error;
      throw error;
    });
  try {
    return await recover(files.path, stored, { holds, isMadeOfItsMessage: made });
  } catch (error) {
    throw isNewBeginning(error) || error === unanswered ? error : new FileTrouble(error);
  }
}

function listen(
  bus: Bus,
  appender: Appender,
  stream: string,
  consumer: string,
  prefetch: number,
): AsyncDisposable {
  const handle = async (delivery: Delivery): Promise<Handled> =>
    (await appender.append(heardOf(delivery))) === 'appended' ? 'ack' : { retryInMs: 0 };
  return consume(bus, { stream, consumer, ackWaitMs, prefetch, handle });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
}
