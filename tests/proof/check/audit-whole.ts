import { createHash } from 'node:crypto';
import { z } from 'zod';
import { streams } from '#libs/contracts/subjects';
import type { Evidence, Finding } from './evidence.ts';

const recordSchema = z.looseObject({
  n: z.number(),
  prev: z.string(),
  hash: z.string(),
  stream: z.string(),
  sequence: z.number(),
  result: z.looseObject({ type: z.string().optional(), remediation_id: z.string().optional() }),
});
type Record = z.infer<typeof recordSchema>;

/** I5, the audit: every line is linked to the one before by hashes computed here, and every fact is in it once. */
export function auditWhole({ auditLines, messages }: Evidence): Finding {
  const records: Record[] = [];
  const offences: string[] = [];
  let before = { n: 0, hash: '0'.repeat(64) };
  for (const [at, line] of auditLines.entries()) {
    const record = read(line);
    if (!record) {
      offences.push(`line ${at + 1} of the audit is no record`);
      continue;
    }
    const { n, prev, hash } = record;
    if (hashOf(line, hash) !== hash) offences.push(`record ${n} of the audit was changed`);
    if (n !== before.n + 1 || prev !== before.hash)
      offences.push(`record ${n} does not continue record ${before.n}`);
    before = { n, hash };
    records.push(record);
  }
  return {
    invariant: 'I5 audit whole',
    checked: auditLines.length,
    of: 'records',
    offences: [...offences, ...notOnce(records, messages)],
  };
}

function read(line: string): Record | undefined {
  try {
    return recordSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** Of the line without its own hash, as it is written. */
function hashOf(line: string, hash: string): string {
  return createHash('sha256')
    .update(line.replace(`"hash":"${hash}",`, ''))
    .digest('hex');
}

function notOnce(records: readonly Record[], messages: Evidence['messages']): readonly string[] {
  const byOrigin = Map.groupBy(records, ({ stream, sequence }) => `${stream} ${sequence}`);
  const heard = messages.filter(({ stream }) => stream === streams.facts || stream === streams.dead);
  const known = new Set(heard.map(({ stream, sequence }) => `${stream} ${sequence}`));
  const unheard = heard.flatMap(({ stream, sequence, body }) => {
    const own = byOrigin.get(`${stream} ${sequence}`) ?? [];
    if (own.length !== 1) return [`message ${sequence} of ${stream} is in the audit ${own.length} times`];
    const [record] = own;
    return record && sameFact(record, body) ? [] : [`record ${record?.n} says another fact than ${sequence}`];
  });
  const invented = [...byOrigin.keys()].filter((origin) => !known.has(origin));
  return [...unheard, ...invented.map((origin) => `the audit has ${origin}, which no stream holds`)];
}

const factSchema = z.looseObject({ type: z.string().optional(), remediation_id: z.string().optional() });

function sameFact({ result }: Record, body: unknown): boolean {
  const fact = factSchema.safeParse(body).data;
  return fact?.type === result.type && fact?.remediation_id === result.remediation_id;
}
