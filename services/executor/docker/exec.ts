/**
 * Guarantee: a program is started at most once for an order. One that is still running when its time is over is
 * killed with all that it started, where the container has a shell to do it with; whether that worked is told.
 */
import { setTimeout as after } from 'node:timers/promises';
import type Docker from 'dockerode';
import { z } from 'zod';
import { killerBody, startBody } from '#libs/actions/exec/exec-body';
import type { ExecEnd, ExecOrder } from '#libs/actions/exec-port';
import { type Followed, follow, type Sent, send } from './dial.ts';
import { createExecOutput, type ExecOutput } from './exec-output.ts';

const openWithinMs = 10_000;
const killWithinMs = 5_000;
const lookEveryMs = 50;
/** The engine may close the stream a moment before it knows how the program ended. */
const settleWithinMs = 2_000;

const createdSchema = z.object({ Id: z.string().regex(/^[0-9a-f]{64}$/) });
const stateSchema = z.object({ Running: z.boolean(), ExitCode: z.int().nullable(), Pid: z.int() });
type State = z.output<typeof stateSchema>;

/** An order and the decision that all its calls are made under. */
type SentOrder = ExecOrder & { readonly create: Sent };

/** Rejects with what the client throws, or with `NotHeard` when it broke once the program may have begun. */
export async function execIn(docker: Docker, order: SentOrder, signal: AbortSignal): Promise<ExecEnd> {
  const { Id: id } = createdSchema.parse(await send(docker, order.create, signal));
  const output = createExecOutput(order.mostBytes);
  const program = await begin(docker, order, id, output, signal).catch((error: unknown) => {
    throw isRefusal(error) ? error : new NotHeard(error);
  });
  try {
    return await hear(docker, order, { id, output, program }, signal);
  } catch (error) {
    throw new NotHeard(error);
  } finally {
    program.close();
  }
}

type Begun = { readonly id: string; readonly output: ExecOutput; readonly program: Followed };

async function hear(
  docker: Docker,
  order: SentOrder,
  { id, output, program }: Begun,
  signal: AbortSignal,
): Promise<ExecEnd> {
  const inTime = await within(order.timeoutMs, program.ended, signal);
  const killed = !inTime && (await kill(docker, order, program, signal));
  const { Running, ExitCode, Pid } = await settled(docker, id, inTime || killed, signal);
  if (inTime && Running) {
    await kill(docker, order, program, signal);
    throw new Error('the connection broke while the program ran');
  }
  return {
    stdout: output.stdout,
    stderr: output.stderr,
    truncated: output.truncated,
    exit_code: inTime ? ExitCode : null,
    // What could not be found has no process, and one of these codes.
    began: Pid > 0 || (ExitCode !== 126 && ExitCode !== 127),
    timed_out: !inTime,
    killed: inTime ? null : !Running,
    host_pid: Pid > 0 ? Pid : null,
  };
}

/** Nobody knows what became of a program that may have begun. */
class NotHeard extends Error {
  override readonly name = 'NotHeard';
  readonly code = 'exec_not_heard';

  constructor(cause: unknown) {
    super('the end of a program was not heard', { cause });
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number';
}

function begin(
  docker: Docker,
  { create: { decision } }: SentOrder,
  id: string,
  output: ExecOutput,
  signal: AbortSignal,
): Promise<Followed> {
  const start: Sent = { method: 'POST', path: ['exec', id, 'start'], body: startBody, decision };
  return follow(docker, start, (piece) => output.take(piece), openWithinMs, signal);
}

/** Did it end in time? Throws when the signal aborts first. */
async function within(ms: number, ended: Promise<void>, signal: AbortSignal): Promise<boolean> {
  const stop = new AbortController();
  const late = after(ms, false, { signal: AbortSignal.any([signal, stop.signal]) });
  try {
    return await Promise.race([ended.then(() => true), late]);
  } finally {
    late.catch(() => {});
    stop.abort();
  }
}

async function settled(docker: Docker, id: string, isToEnd: boolean, signal: AbortSignal): Promise<State> {
  const call: Sent = { method: 'GET', path: ['exec', id, 'json'] };
  const giveUpAt = performance.now() + settleWithinMs;
  for (;;) {
    const state = stateSchema.parse(await send(docker, call, AbortSignal.timeout(openWithinMs), signal));
    if (!state.Running || !isToEnd || performance.now() >= giveUpAt) return state;
    await after(lookEveryMs, undefined, { signal });
  }
}

/** Resolves to whether anything was found to kill. Never rejects: that it did not work is a result, too. */
async function kill(
  docker: Docker,
  order: SentOrder,
  program: Followed,
  signal: AbortSignal,
): Promise<boolean> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(killWithinMs)]);
  const body = killerBody(order.mark);
  try {
    const { Id: id } = createdSchema.parse(await send(docker, { ...order.create, body }, limit));
    const output = createExecOutput({ stdout: 64, stderr: 0 });
    const killer = await begin(docker, order, id, output, limit);
    const answered = await within(killWithinMs, killer.ended, limit);
    killer.close();
    const killed = answered && /^[1-9]\d*\s*$/.test(Buffer.from(output.stdout).toString('utf8'));
    if (killed) await within(settleWithinMs, program.ended, signal);
    return killed;
  } catch {
    return false;
  }
}
