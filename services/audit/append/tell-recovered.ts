import { streams } from '#libs/contracts/subjects';
import { toInstant } from '#libs/runtime/instant';
import type { Log } from '#libs/runtime/log';
import type { Draft } from '../chain/seal.ts';
import type { Contradiction, Recovered } from './recover.ts';

/** What a start found in the files, for whoever reads the log. */
export function tellRecovered(
  log: Log,
  path: string,
  { cutBytes, setAside, contradiction, head, uncopied }: Recovered,
): void {
  if (cutBytes > 0) {
    log.warn(
      { bytes: cutBytes },
      'the audit file ended in an append that a crash or a long pause of a process spoiled; that end was cut off, and no fact is lost by it',
    );
  }
  if (setAside) {
    log.error(
      { set_aside: setAside.path, bytes: setAside.bytes, confirmed_by_nats: contradiction?.nats },
      `THE AUDIT FILE HELD RECORDS THAT THE AUDIT DID NOT MAKE: what stood from there on was moved to ${setAside.path}, and the audit has a record that says so. Either somebody wrote to the audit file: find out who, and keep that file as evidence. Or NATS was set back to an older state, or lost messages: then the records may be true; keep that file beside the audit. Facts that NATS holds are recorded by themselves`,
    );
  }
  if (contradiction && contradiction.why !== 'unknown_records_set_aside') {
    log.error(
      contradiction,
      'THE AUDIT FILE AND NATS CONTRADICT EACH OTHER: the chain goes on with a record that says so; run audit.verify, and put back files that were moved away',
    );
  }
  log.info(
    { path, last_record: head.n, maybe_not_yet_in_nats: uncopied.length },
    head.n === 0
      ? `the audit has no records yet; they will stand in ${path}`
      : `the audit file ${path} was read; its last record is number ${head.n}, new ones follow it`,
  );
}

/** The record that the audit makes of it. */
export function noteOf({ why, nats, file }: Contradiction, nowMs: number): Draft {
  return {
    timestamp: toInstant(nowMs),
    stream: streams.audit,
    sequence: 1,
    event: 'chain_note',
    status: why,
    result: { why, nats, file },
  };
}
