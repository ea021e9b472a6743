import type { AuditProof } from '#libs/contracts/audit-proof';
import type { AuditRecord } from '#libs/contracts/audit-record';
import { Problem } from '#libs/contracts/problem';
import { readLine } from '../chain/seal.ts';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import type { Checkpoints } from '../checkpoint/checkpoints.ts';
import { writeVerifier } from '../checkpoint/note.ts';
import { chainFiles } from '../file/chain-files.ts';
import { allLeaves } from '../file/leaves.ts';
import { readLines } from '../file/read-lines.ts';
import { createProver, type Prover } from '../tree/prover.ts';
import { inclusionRanges, type Range } from '../tree/ranges.ts';
import { checkProof } from './check-proof.ts';

export type ProvePorts = {
  readonly path: string;
  readonly checkpoints: Pick<Checkpoints, 'store' | 'signer' | 'now' | 'every'>;
  readonly longestAnswerBytes: number;
};

/** The proof for the records of a remediation, below the newest checkpoint; a new one is signed where that can be. */
export async function prove(
  { path, checkpoints, longestAnswerBytes }: ProvePorts,
  id: string,
): Promise<AuditProof> {
  await checkpoints.now();
  const { verifier } = checkpoints.signer();
  const note = (await checkpoints.store.last())?.note;
  const signed = note === undefined ? undefined : openCheckpoint(note, verifier);
  const found = await recordsOf(path, id);
  if (found.length === 0)
    throw new Problem(
      'not_found',
      `The audit has no record of a remediation ${id}. Look for its id with audit query.`,
    );
  const covered = found.filter(({ n }) => n <= (signed?.size ?? 0));
  if (note === undefined || !signed || covered.length === 0) throw tooYoung(checkpoints);
  const ranges = covered.map(({ n }) => inclusionRanges(n - 1, signed.size));
  const prover = await proverOf(path, signed.size, ranges.flat());
  const records = covered.map((record, at) => ({
    index: record.n - 1,
    record,
    inclusion: [...prover.proof(ranges[at] ?? [])],
  }));
  const proof: AuditProof = {
    format: 'hemostat-audit-proof/1',
    remediation_id: id,
    checkpoint: note,
    verifier_key: writeVerifier(verifier),
    records,
    not_yet: found.filter(({ n }) => n > signed.size).map(({ n }) => n),
  };
  const checked = checkProof(proof, verifier);
  if ('why' in checked) throw changed(checked.why);
  if (Buffer.byteLength(JSON.stringify(proof)) > longestAnswerBytes)
    throw new Problem(
      'payload_too_large',
      'The proof does not fit into one message. Raise max_payload of nats-server.',
    );
  return proof;
}

async function proverOf(path: string, size: number, ranges: readonly Range[]): Promise<Prover> {
  const prover = createProver(ranges);
  for await (const leaf of allLeaves(path)) {
    prover.frontier.push(leaf);
    if (prover.frontier.size === size) return prover;
  }
  throw changed('records are missing in the files');
}

async function recordsOf(path: string, id: string): Promise<readonly AuditRecord[]> {
  const found = new Map<number, AuditRecord>();
  for (const file of await chainFiles(path)) {
    for await (const { bytes } of readLines(file)) {
      if (!bytes.includes(id)) continue;
      const read = readLine(bytes);
      if ('record' in read && read.record.remediation_id === id) found.set(read.record.n, read.record);
    }
  }
  return [...found.values()];
}

function tooYoung({ every }: Pick<Checkpoints, 'every'>): Problem {
  return new Problem(
    'service_unavailable',
    `No checkpoint has been signed yet since the records were made. One comes within ${every.ms / 1_000} seconds; ask again then, and look at the log of the audit service if it does not.`,
  );
}

function changed(why: string): Problem {
  return new Problem(
    'internal',
    `The audit files are not as they were signed (${why}). Run: hemostat audit verify.`,
  );
}
