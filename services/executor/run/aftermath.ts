import { z } from 'zod';
import { containerReadingSchema } from '#libs/contracts/rpc';
import type { Details } from '#libs/contracts/scalars';
import type { StepLog } from './step-log.ts';

const lookSchema = containerReadingSchema.partial().required({ status: true, running: true }).strip();
const readingsSchema = z.object({ container: lookSchema });
const evidenceSchema = z.object({
  container_name: z.string(),
  before: lookSchema,
  network_dependents: z.array(z.string()).default([]),
});

/** Members for the result of a step, and sentences for a person. */
export type Aftermath = { readonly members: Details; readonly sentences: readonly string[] };

/** What a step brought besides its own effect: that the container is gone with its end (--rm), and that others lost its network. */
export function aftermathOf({ started, executed, verified }: StepLog): Aftermath {
  const { data: evidence } = evidenceSchema.safeParse(started?.evidence);
  if (!evidence || !executed?.reached_docker) return { members: {}, sentences: [] };
  const { container_name: name, before, network_dependents: dependents } = evidence;
  const { data: verifiedOf } = readingsSchema.safeParse(verified?.readings);
  const now = verifiedOf?.container ?? lookSchema.safeParse(executed.result.now).data;
  const ended = now
    ? !now.running || (now.started_at !== undefined && now.started_at !== before.started_at)
    : executed.status === 'success' || executed.error?.code === 'half_done';
  const sentences: string[] = [];
  if (before.ending?.removed && (now?.status === 'gone' || now?.status === 'removing')) {
    sentences.push(`${name} was removed when it ended (--rm)`);
  }
  if (!before.running || !ended || dependents.length === 0) return { members: {}, sentences };
  const advice = now?.running ? `; restart ${dependents.length > 1 ? 'them' : 'it'}, too` : '';
  sentences.push(`${dependents.join(', ')} shared the network of ${name} and lost it${advice}`);
  return { members: { network_lost_by: dependents }, sentences };
}
