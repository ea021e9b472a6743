import type { z } from 'zod';
import type { CellStore } from '#libs/bus/cell-store';
import type { Appender } from '#libs/contracts/audit-head';
import type { auditVerbs } from '#libs/contracts/rpc';
import type { Health } from '#libs/runtime/health';
import { appenderKey } from '../append/lease.ts';
import type { MeshStreams } from '../append/mesh-streams.ts';
import type { Verification } from './verify.ts';

export type Trouble = NonNullable<Appender['trouble']>;

export type Troubles = Pick<Appender, 'trouble' | 'checkpoints'>;

/** What this replica itself knows of the file, and of signing checkpoints. */
export function ownTroubles(health: Health): Troubles {
  const { audit_file, audit_checkpoints } = health.snapshot().parts;
  return {
    ...(audit_file?.ok === false && { trouble: saidOf(audit_file) }),
    ...(audit_checkpoints?.ok === false && { checkpoints: saidOf(audit_checkpoints) }),
  };
}

const saidOf = ({ cause, remedy }: Trouble): Trouble => ({ cause, remedy });

/** Why the replica that writes the file cannot write or sign, whichever is asked. */
export async function troublesOfWriter(
  cells: Pick<CellStore<Appender>, 'read'>,
  owner: string,
  health: Health,
): Promise<Troubles> {
  const { value } = await cells.read(appenderKey);
  return value?.owner === owner ? ownTroubles(health) : (value ?? {});
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
