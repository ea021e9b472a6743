import { z } from 'zod';
import { command, noArguments } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { readAnswer } from '../gateway.ts';
import { cellLines, isActive, type SafetyCell, safetyStatusSchema } from '../safety-words.ts';
import type { Screen } from '../screen.ts';
import { plain, tableLines } from '../table.ts';

const healthSchema = z.object({
  status: z.enum(['ok', 'degraded', 'unavailable']),
  parts: z.record(
    z.string(),
    z.object({ ok: z.boolean(), cause: z.string().optional(), remedy: z.string().optional() }),
  ),
});
type Health = z.output<typeof healthSchema>;

export const statusCommand = command({
  name: 'status',
  summary: 'Can the mesh heal now? Every part with cause and remedy, and what holds back which target',
  takes: noArguments,
  options: {},
  notes: ['Exits with 1 when it is degraded and with 4 when it cannot heal.'],
  async run(_, { gateway, out, show, now }) {
    const mesh = gateway();
    const answer = await mesh.ask('GET', '/health', { answers: [503] });
    const health = readAnswer(answer, healthSchema);
    const safety =
      health.parts.safety?.ok === true
        ? readAnswer(await mesh.ask('GET', '/api/v1/safety/status'), safetyStatusSchema)
        : undefined;
    const active = safety?.cells.filter(isActive) ?? [];
    show({ gateway: mesh.url, health: answer.body, control: safety?.control ?? null, active }, () => [
      `${mesh.url} is ${out.paint(colours[health.status], health.status)}`,
      '',
      ...partLines(health, out),
      ...(safety ? ['', ...heldLines(active, now())] : []),
    ]);
    return exits[health.status];
  },
});

const exits = { ok: exitCodes.well, degraded: exitCodes.unwell, unavailable: exitCodes.away } as const;
const colours = { ok: 'green', degraded: 'yellow', unavailable: 'red' } as const;

// What is nearer at hand here than what the gateway says to whoever asks over HTTP.
const ownRemedies: Readonly<Record<string, string>> = {
  kill_switch: 'when it is time: hemostat resume --reason …; hemostat safety show says until when it holds',
};

function partLines({ parts }: Health, out: Screen): readonly string[] {
  const rows = Object.entries(parts).map(([part, { ok, cause = '' }]) => [
    part,
    ok ? 'ok' : 'TROUBLE',
    cause,
  ]);
  const lines = tableLines(['part', 'state', 'cause'], rows, (cell) => {
    if (cell.trim() === 'ok') return out.paint('green', cell);
    return cell.startsWith('TROUBLE') ? out.paint('red', cell) : cell;
  });
  const remedies = Object.entries(parts).flatMap(([part, { remedy }]) =>
    remedy === undefined
      ? []
      : [`${out.paint('bold', 'what to do')} (${part}): ${plain(ownRemedies[part] ?? remedy)}`],
  );
  return [...lines, ...remedies];
}

function heldLines(active: readonly SafetyCell[], now: number): readonly string[] {
  if (active.length === 0) return ['No target is leased, rests, or has an open breaker.'];
  return cellLines(active, now);
}
