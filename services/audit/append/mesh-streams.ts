import type { Bus } from '#libs/bus/bus';
import { isFinalRefusal } from '#libs/bus/errors';
import { noHeaders, readableHeaders, traceIdOf } from '#libs/bus/headers';
import { storeMessage } from '#libs/bus/store-message';
import { type AuditRecord, auditRecordSchema } from '#libs/contracts/audit-record';
import { canonicalJson, parseJson } from '#libs/contracts/json';
import { consumers, requestedSubject, streams } from '#libs/contracts/subjects';
import { toInstant } from '#libs/runtime/instant';
import type { Sealed } from '../chain/seal.ts';
import { bodyOf, type Heard } from '../record/heard.ts';
import type { StoredRequest } from '../record/origin.ts';

/** What the audit reads from and writes to JetStream besides its consumers. All of it rejects while NATS is away. */
export interface MeshStreams {
  requested(id: string): Promise<StoredRequest | undefined>;
  /** A message by its sequence; undefined when the stream does not hold it (any more). */
  messageAt(stream: string, sequence: number): Promise<Heard | undefined>;
  firstSequence(stream: string): Promise<number>;
  /** Which copies of records were stored above a sequence, as `copyKey`s, and the last sequence. */
  copiesAbove(sequence: number): Promise<{ readonly keys: ReadonlySet<string>; readonly last: number }>;
  /** Resolves with the sequence; `refused` when the server will never take it. */
  copy(subject: string, sealed: Sealed): Promise<number | 'refused'>;
  /** The newest `limit` records on a subject, newest first, and how many there are. */
  recordsOn(
    subject: string,
    limit: number,
  ): Promise<{ readonly records: readonly AuditRecord[]; readonly all: number }>;
  subjectsWithRecords(filter: string): Promise<readonly string[]>;
  /** How many messages no record was made of yet. */
  waiting(): Promise<number>;
}

export const copyKey = (subject: string, n: number): string => `${n} ${subject}`;

const readAtOnce = 64;
const longestCopyBytes = 512 * 1024;

export function openMeshStreams(bus: Bus): MeshStreams {
  const { js, jsm } = bus;
  const stored = (stream: string, seq: number) => jsm.streams.getMessage(stream, { seq });
  return {
    requested: async (id) => {
      const query = { last_by_subj: requestedSubject(id) };
      const message = await jsm.streams.getMessage(streams.facts, query);
      if (message === null) return undefined;
      return { body: bodyOf(message.string()), bytes: message.data.byteLength };
    },
    messageAt: async (stream, sequence) => {
      const message = await stored(stream, sequence);
      if (message === null) return undefined;
      return {
        stream,
        sequence,
        subject: message.subject,
        storedAt: toInstant(message.time.getTime()),
        traceId: traceIdOf(readableHeaders(() => message.header)),
        body: bodyOf(message.string()),
        bytes: message.data.byteLength,
      };
    },
    waiting: async () => {
      const infos = await Promise.all([
        jsm.consumers.info(streams.facts, consumers.audit),
        jsm.consumers.info(streams.dead, consumers.auditDead),
      ]);
      return infos.reduce((sum, info) => sum + info.num_pending + info.num_ack_pending, 0);
    },
    firstSequence: async (stream) => (await jsm.streams.info(stream)).state.first_seq,
    copiesAbove: async (sequence) => {
      const { last_seq: last } = (await jsm.streams.info(streams.audit)).state;
      const keys = new Set<string>();
      for (let from = sequence + 1; from <= last; from += readAtOnce) {
        const count = Math.min(readAtOnce, last - from + 1);
        const wanted = Array.from({ length: count }, (_, at) => stored(streams.audit, from + at));
        for (const message of await Promise.all(wanted)) {
          const record = message && readCopy(message.string());
          if (message && record) keys.add(copyKey(message.subject, record.n));
        }
      }
      return { keys, last };
    },
    copy: async (subject, { record, line }) => {
      try {
        const messageId = `${record.hash}-${subject}`;
        const long = line.length * 3 > longestCopyBytes && Buffer.byteLength(line) > longestCopyBytes;
        const text = long ? shortened(record) : line;
        return await storeMessage(bus, subject, text, { headers: noHeaders(), messageId });
      } catch (error) {
        if (isFinalRefusal(error)) return 'refused';
        throw error;
      }
    },
    recordsOn: async (subject, limit) => {
      const consumer = await js.consumers.get(streams.audit, { filter_subjects: subject });
      const all = (await consumer.info()).num_pending;
      const records: AuditRecord[] = [];
      if (all > 0) {
        for await (const message of await consumer.fetch({ max_messages: all, expires: 5_000 })) {
          const record = readCopy(message.string());
          if (record) records.push(record);
          if (records.length > 2 * limit) records.splice(0, records.length - limit);
        }
      }
      await consumer.delete().catch(() => false);
      return { records: records.slice(-limit).reverse(), all };
    },
    subjectsWithRecords: async (filter) => {
      const info = await jsm.streams.info(streams.audit, { subjects_filter: filter });
      return Object.keys(info.state.subjects ?? {});
    },
  };
}

function readCopy(text: string): AuditRecord | undefined {
  try {
    return auditRecordSchema.parse(parseJson(text));
  } catch {
    return undefined;
  }
}

/** A fact may be as large as a message can be, so its record may be larger: the copy then only says where the whole is. */
function shortened(record: AuditRecord): string {
  const { metrics: _metrics, params: _params, ...rest } = record;
  const result = { too_long_for_the_stream: true, whole_in_the_file_as_record: record.n };
  return canonicalJson({ ...rest, result });
}
