/**
 * Guarantee: in a container runs only what the grammar of `exec` allows, and what kills exactly that again. A run is
 * started once, and only one that was created through here.
 */
import { z } from 'zod';
import { killerBody, markOf, markSchema, programBody } from '#libs/actions/exec/exec-body';
import { isAllowedArgv } from '#libs/actions/exec/grammar';
import { canonicalJson } from '#libs/contracts/json';
import type { Details } from '#libs/contracts/scalars';
import { isBound, unbound } from '../mandate.ts';
import { missing, refuse } from '../verdict.ts';
import type { Asked, Check, World } from '../world.ts';
import { barrier, beyond, seeContainer } from './container.ts';

const programSchema = z.object({ Env: z.tuple([markSchema]), Cmd: z.array(z.string()) });
const killerSchema = z.object({ Cmd: z.tuple([z.string(), z.string(), z.string(), z.string(), markSchema]) });
const createdSchema = z.object({ Id: z.string().regex(/^[0-9a-f]{64}$/) });

export const mayCreateExec: Check = async (asked, world) => {
  const containerId = asked.names.container ?? '';
  const seen = await seeContainer(world, containerId);
  if (!seen) return missing(`container: ${containerId}`);
  const barredBy = barrier(world, seen) ?? beyond(asked.mandate, seen);
  if (barredBy) return barredBy;
  const made = program(asked.body, world) ?? killer(asked.body, containerId, world);
  const isOwn = markIn(asked.body) === markOf(asked.mandate.remediationId);
  if (made && isOwn) return { kind: 'pass', body: made };
  return refuse(
    'only commands that the grammar of exec allows are run, in its own form',
    'use a command that hemostat exec lists, or give HEMOSTAT_EXEC_COMMANDS to the guard as to the executor',
  );
};

export const mayStartExec: Check = async ({ names, mandate }, { runs }) => {
  const id = names.exec ?? '';
  const containerId = runs.waitingIn(id);
  if (containerId !== undefined && !isBound(mandate, 'containers', containerId)) {
    return unbound(mandate, `the container ${containerId.slice(0, 12)}`);
  }
  return runs.start(id)
    ? { kind: 'pass', body: { Detach: false, Tty: false } }
    : refuse(
        'this run was started before, or was not created through this guard',
        'ask for the command anew',
      );
};

export function noteExec({ names, body }: Asked, answer: unknown, { runs }: World): void {
  const mark = markIn(body);
  const { Id } = createdSchema.parse(answer);
  if (mark !== undefined) runs.created(Id, { containerId: names.container ?? '', mark });
}

function program(body: unknown, { commands }: World): Details | undefined {
  const read = programSchema.safeParse(body);
  if (!read.success || !isAllowedArgv(read.data.Cmd, commands)) return undefined;
  return ifSame(programBody(read.data.Cmd, read.data.Env[0]), body);
}

function killer(body: unknown, containerId: string, { runs }: World): Details | undefined {
  const mark = killerSchema.safeParse(body).data?.Cmd[4];
  return mark !== undefined && runs.hasMark({ containerId, mark })
    ? ifSame(killerBody(mark), body)
    : undefined;
}

function markIn(body: unknown): string | undefined {
  return programSchema.safeParse(body).data?.Env[0] ?? killerSchema.safeParse(body).data?.Cmd[4];
}

function ifSame(expected: Details, body: unknown): Details | undefined {
  return canonicalJson(expected) === canonicalJson(body) ? expected : undefined;
}
