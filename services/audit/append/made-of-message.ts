import type { AuditRecord } from '#libs/contracts/audit-record';
import { streams as streamNames } from '#libs/contracts/subjects';
import { toInstant } from '#libs/runtime/instant';
import { seal } from '../chain/seal.ts';
import { draftOf } from '../record/draft.ts';
import { type Heard, remediationOf } from '../record/heard.ts';
import type { Origin, Origins } from '../record/origin.ts';
import type { MeshStreams } from './mesh-streams.ts';

export type MadeOfMessagePorts = {
  readonly streams: Pick<MeshStreams, 'messageAt'>;
  readonly origins: Origins;
};

/** NATS tells the time of a message in two ways, which are rounded differently. */
const roundedMs = 1;

/**
 * Whether a record is, to the byte, the one that the audit makes of the message that it names. False as well when NATS
 * does not hold that message (any more). Rejects when NATS does not answer.
 */
export async function isMadeOfItsMessage(ports: MadeOfMessagePorts, record: AuditRecord): Promise<boolean> {
  const { stream, sequence, timestamp } = record;
  if (stream !== streamNames.facts && stream !== streamNames.dead) return false;
  const heard = await ports.streams.messageAt(stream, sequence);
  if (heard === undefined || !isSameInstant(timestamp, heard.storedAt)) return false;
  const { draft } = draftOf({ ...heard, storedAt: timestamp }, await originFor(ports, heard));
  return seal(draft, { n: record.n - 1, hash: record.prev }).record.hash === record.hash;
}

async function originFor({ origins }: MadeOfMessagePorts, heard: Heard): Promise<Origin | undefined> {
  const id = remediationOf(heard.subject);
  if (id === undefined) return undefined;
  if (heard.subject.endsWith('.requested')) origins.learn(id, heard.body, heard.bytes);
  else await origins.recall([id]);
  return origins.get(id);
}

function isSameInstant(recorded: string, stored: string): boolean {
  const ms = Date.parse(recorded);
  return Number.isFinite(ms) && toInstant(ms) === recorded && Math.abs(ms - Date.parse(stored)) <= roundedMs;
}
