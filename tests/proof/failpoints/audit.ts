import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { callRpc } from '#libs/bus/rpc';
import { type AuditRecord, auditRecordSchema } from '#libs/contracts/audit-record';
import { parseJson } from '#libs/contracts/json';
import { auditVerbs } from '#libs/contracts/rpc';
import { rpcSubject, streams } from '#libs/contracts/subjects';
import { until } from '#libs/testing/until';
import type { Ward } from './ward.ts';

/** Waits until the audit has every fact, each once, and its chain verifies; says what is wrong otherwise. */
export async function auditObjections({ ground }: Ward): Promise<readonly string[]> {
  const { bus } = ground.client;
  const records = async (): Promise<readonly AuditRecord[]> => {
    const text = await readFile(join(ground.mesh.dataDir, 'action_server_audit.log'), 'utf8');
    const lines = text.split('\n').filter((line) => line !== '');
    return lines.map((line) => auditRecordSchema.parse(parseJson(line)));
  };
  const recorded = async (): Promise<readonly number[]> =>
    (await records()).flatMap(({ stream, sequence }) => (stream === streams.facts ? [sequence] : []));
  const { state } = await bus.jsm.streams.info(streams.facts);
  const missing = async (): Promise<number> => state.messages - new Set(await recorded()).size;
  const objections: string[] = [];
  await until('the audit has all facts', async () => (await missing()) <= 0 || undefined, 30_000).catch(
    async () => objections.push(`the audit lacks ${await missing()} facts`),
  );
  const sequences = await recorded();
  const twice = sequences.length - new Set(sequences).size;
  if (twice > 0) objections.push(`the audit has ${twice} facts twice`);
  const notes = (await records()).filter(({ event }) => event === 'chain_note');
  if (notes.length > 0) objections.push(`the audit does not know its own: ${JSON.stringify(notes)}`);
  const subject = rpcSubject('audit', 'verify');
  const verified = await callRpc(bus, subject, auditVerbs.verify, {}, { timeoutMs: 10_000 });
  if (!verified.ok) objections.push(`the audit does not verify: ${JSON.stringify(verified.broken_at)}`);
  return objections;
}
