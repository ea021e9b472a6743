import type { Bus } from '#libs/bus/bus';
import { traceIdOf } from '#libs/bus/headers';
import { parseJson } from '#libs/contracts/json';
import { streams } from '#libs/contracts/subjects';
import { messagesOf } from '../stored-messages.ts';
import type { EvidenceFolder } from './folder.ts';

/** Writes down every message of every stream: facts, dead letters, the audit's copies, what is left in the inbox. */
export async function dumpStreams(bus: Bus, evidence: EvidenceFolder): Promise<void> {
  for (const stream of Object.values(streams)) {
    for await (const message of messagesOf(bus, stream)) {
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

function bodyOf(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}
