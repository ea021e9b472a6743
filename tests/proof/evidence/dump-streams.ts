import type { Bus } from '#libs/bus/bus';
import { traceIdOf } from '#libs/bus/headers';
import { parseJson } from '#libs/contracts/json';
import { streams } from '#libs/contracts/subjects';
import type { EvidenceFolder } from './folder.ts';

const atOnce = 64;

/** Writes down every message of every stream: facts, dead letters, the audit's copies, what is left in the inbox. */
export async function dumpStreams({ jsm }: Bus, evidence: EvidenceFolder): Promise<void> {
  for (const stream of Object.values(streams)) {
    const { first_seq: first, last_seq: last } = (await jsm.streams.info(stream)).state;
    for (let from = Math.max(1, first); from <= last; from += atOnce) {
      const width = Math.min(atOnce, last + 1 - from);
      const found = await Promise.all(
        Array.from({ length: width }, (_, at) => jsm.streams.getMessage(stream, { seq: from + at })),
      );
      for (const message of found) {
        if (!message) continue;
        evidence.message({
          stream,
          sequence: message.seq,
          stored_at: message.time.getTime(),
          subject: message.subject,
          trace_id: traceIdOf(message.header) ?? null,
          body: stream === streams.audit ? null : bodyOf(message.string()),
        });
      }
    }
  }
}

function bodyOf(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}
