import { z } from 'zod';
import { command, noArguments } from '../command.ts';
import { CommandError } from '../command-error.ts';
import type { Met } from '../doctor/check.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Gateway } from '../gateway.ts';
import { tableLines } from '../table.ts';

export const doctorCommand = command({
  name: 'doctor',
  summary: 'Look at this machine: what the mesh needs, whether it is there, and what to do',
  takes: noArguments,
  options: {},
  notes: ['Changes nothing. Exits with 1 when something is in the way of the mesh; warnings do not count.'],
  async run(_, { env, gateway, now, out, show }) {
    const mesh = gateway();
    const met = await meet(mesh, now);
    // Here alone: it loads what speaks to Docker.
    const { lookAtAll } = await import('../doctor/checks.ts');
    const findings = await lookAtAll({ env, now, gateway: mesh, met });
    const ok = findings.every(({ state }) => state !== 'trouble');
    show({ ok, checks: findings }, () => [
      ...tableLines(
        ['check', 'state', 'found'],
        findings.map(({ name, state, says }) => [name, state === 'trouble' ? 'TROUBLE' : state, says]),
        (cell, column) => (column === 1 ? out.paint(colours[cell.trim()] ?? 'red', cell) : cell),
      ),
      ...findings.flatMap((finding) =>
        finding.state === 'ok'
          ? []
          : [`${out.paint('bold', 'what to do')} (${finding.name}): ${finding.remedy}`],
      ),
    ]);
    return ok ? exitCodes.well : exitCodes.unwell;
  },
});

const colours: Readonly<Record<string, 'green' | 'yellow'>> = { ok: 'green', warning: 'yellow' };

async function meet(mesh: Gateway, now: () => number): Promise<Met | undefined> {
  try {
    const askedAtMs = now();
    const { body, headers } = await mesh.ask('GET', '/health', { answers: [503], timeoutMs: 5_000 });
    const dateMs = Date.parse(headers.get('date') ?? '');
    const { status } = z.object({ status: z.string() }).parse(body);
    return { status, dateMs: Number.isNaN(dateMs) ? undefined : dateMs, askedAtMs, answeredAtMs: now() };
  } catch (error) {
    if (error instanceof CommandError || error instanceof z.ZodError) return undefined;
    throw error;
  }
}
