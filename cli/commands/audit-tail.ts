/**
 * Guarantee: with --follow every record is shown once and in its order, or it is said how many are left out.
 */

import { systemClock } from '#libs/runtime/clock';
import { fromInstant, toInstant } from '#libs/runtime/instant';
import { type AuditRecord, auditAnswerSchema, auditLine } from '../audit-words.ts';
import { command, noArguments } from '../command.ts';
import { CommandError } from '../command-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { type Gateway, readAnswer } from '../gateway.ts';

const everyMs = 1_000;
// Records stand in the order of their appending, which may differ from that of their instants.
const outOfOrderMs = 60_000;
const most = 1_000;

export const auditTailCommand = command({
  name: 'audit tail',
  summary: 'The latest records of the audit, oldest first; with -f also what comes',
  takes: noArguments,
  options: {
    follow: { type: 'flag', short: 'f', about: 'go on until Ctrl-C, looking every second' },
    lines: { type: 'text', short: 'n', value: '<count>', about: 'so many to begin with (20)' },
  },
  async run({ options: { follow, lines = '20' } }, { gateway, out, notes, json, signal }) {
    const mesh = gateway();
    const tell = (record: AuditRecord): void => out.line(json ? JSON.stringify(record) : auditLine(record));
    let shown = (await latest(mesh, { limit: lines })).records;
    shown.forEach(tell);
    let last = shown.at(-1);
    let away = false;
    if (follow) notes.line(`Following the audit at ${mesh.url}; Ctrl-C ends it.`);
    while (follow && !signal.aborted) {
      await systemClock.sleep(everyMs, signal);
      if (signal.aborted) break;
      try {
        const since = last && toInstant(fromInstant(last.timestamp) - outOfOrderMs);
        const found = await latest(mesh, { limit: String(most), since });
        away = false;
        shown = found.records.filter(({ n }) => n > (last?.n ?? 0));
      } catch (error) {
        if (!(error instanceof CommandError) || error.exitCode !== exitCodes.away) throw error;
        if (!away) notes.line(`${error.message} Trying again.`);
        away = true;
        continue;
      }
      const gap = last && shown[0] ? shown[0].n - last.n - 1 : 0;
      if (gap > 0) notes.line(`${gap} records are left out here: hemostat audit query has them.`);
      shown.forEach(tell);
      last = shown.at(-1) ?? last;
    }
    return signal.aborted ? exitCodes.interrupted : exitCodes.well;
  },
});

/** In the order of the file. */
async function latest(mesh: Gateway, query: { readonly limit: string; readonly since?: string | undefined }) {
  const { records } = readAnswer(await mesh.ask('GET', '/api/v1/audit', { query }), auditAnswerSchema);
  return { records: records.toSorted((a, b) => a.n - b.n) };
}
