import type { Context } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { factIn, factLine, isEnd } from './fact-lines.ts';
import type { Gateway } from './gateway.ts';
import { readAnswer } from './gateway.ts';
import { exitCodeOfRemediation, remediationLines, remediationSchema } from './remediation.ts';

export type Following = {
  readonly id: string;
  /** How long to look on; forever without it. */
  readonly waitSeconds?: number | undefined;
};

/** Looks on until a remediation is at its end, telling its facts on a terminal, and shows what came of it. */
export async function followRemediation(
  mesh: Gateway,
  { id, waitSeconds = Number.POSITIVE_INFINITY }: Following,
  context: Context,
): Promise<number> {
  const { notes, json, signal, show, out } = context;
  const again = `look at it again with: hemostat watch ${id}`;
  try {
    if (waitSeconds > 0) await lookOn(mesh, id, waitSeconds, context);
    const answer = await mesh.ask('GET', `/api/v1/remediations/${id}`);
    const remediation = readAnswer(answer, remediationSchema);
    show(answer.body, () => remediationLines(remediation, out));
    if (remediation.outcome !== null) return exitCodeOfRemediation(remediation);
    if (waitSeconds === 0) return exitCodes.well;
    notes.line(`It is not at its end yet, and goes on; ${again}`);
    return exitCodes.notYet;
  } catch (error) {
    if (!signal.aborted) throw error;
    if (json) show({ remediation_id: id, code: 'interrupted' }, () => []);
    notes.line(`The remediation goes on; ${again}`);
    return exitCodes.interrupted;
  }
}

async function lookOn(
  mesh: Gateway,
  id: string,
  waitSeconds: number,
  { notes, signal }: Context,
): Promise<void> {
  const over = new AbortController();
  const timer = Number.isFinite(waitSeconds)
    ? setTimeout(() => over.abort(), waitSeconds * 1_000)
    : undefined;
  try {
    const events = mesh.follow(`/api/v1/remediations/${id}/events`, {
      signal: over.signal,
      onLost: () => notes.line('The connection to the gateway broke; trying again.'),
    });
    for await (const event of events) {
      const fact = factIn(event);
      if (fact && notes.isTerminal) notes.line(factLine(fact, notes));
      if (fact && isEnd(fact)) return;
    }
    signal.throwIfAborted();
  } finally {
    clearTimeout(timer);
  }
}
