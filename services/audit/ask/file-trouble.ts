import type { z } from 'zod';
import type { CellStore } from '#libs/bus/cell-store';
import type { Appender } from '#libs/contracts/audit-head';
import type { auditVerbs } from '#libs/contracts/rpc';
import type { Health } from '#libs/runtime/health';
import { appenderKey } from '../append/lease.ts';
import type { MeshStreams } from '../append/mesh-streams.ts';
import type { Verification } from './verify.ts';

export type Trouble = NonNullable<Appender['trouble']>;

/** What this replica itself knows of the file. */
export function ownTrouble(health: Health): Trouble | undefined {
  const state = health.snapshot().parts.audit_file;
  return state && !state.ok ? { cause: state.cause, remedy: state.remedy } : undefined;
}

/** Why the replica that writes the file cannot, whichever is asked. */
export async function troubleOfWriter(
  cells: Pick<CellStore<Appender>, 'read'>,
  owner: string,
  health: Health,
): Promise<Trouble | undefined> {
  const { value } = await cells.read(appenderKey);
  return value?.owner === owner ? ownTrouble(health) : value?.trouble;
}

/** A file that lacks facts is not verified, however whole its chain is. */
export async function withWaiting(
  verification: Verification,
  trouble: Trouble | undefined,
  streams: Pick<MeshStreams, 'waiting'>,
): Promise<z.output<typeof auditVerbs.verify.reply>> {
  if (!trouble) return { ...verification, waiting: null };
  return { ...verification, ok: false, waiting: { facts: await streams.waiting(), ...trouble } };
}
