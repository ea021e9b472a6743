import { resolve } from 'node:path';
import { systemClock } from '#libs/runtime/clock';
import { verifyChain } from '../../services/audit/ask/verify.ts';
import { checkpointsIn } from '../../services/audit/checkpoint/collect.ts';
import { type Verified, verifiedLines, verifiedSchema } from '../audit-verified.ts';
import { command, noArguments } from '../command.ts';
import { usageError } from '../command-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { readAnswer } from '../gateway.ts';
import { readGivenFile } from '../given-file.ts';
import { readKey, verifierGiven } from '../verifier-key.ts';

export const auditVerifyCommand = command({
  name: 'audit verify',
  summary: 'Check the whole audit: its hash chain, and that all is as it was in signed checkpoints',
  takes: noArguments,
  options: {
    key: {
      type: 'text',
      value: '<key>',
      about: 'the verifier key that was written down earlier; believe no other',
    },
    file: {
      type: 'text',
      value: '<path>',
      about: 'read this audit file and the rotated ones beside it, asking nobody',
    },
    checkpoints: {
      type: 'text',
      value: '<path>',
      about:
        'with --file: saved checkpoints: the log of the audit service, or what nats sub showed of the stream HEMOSTAT_CHECKPOINTS',
    },
  },
  notes: [
    'Exits with 1 when anything was changed, moved, added or lost, or when the file cannot be written.',
  ],
  async run({ options: { key, file, checkpoints } }, { env, gateway, out, notes, show }) {
    if (checkpoints !== undefined && file === undefined)
      throw usageError(
        '--checkpoints is given without --file.',
        'give the audit file, too; a mesh has its own checkpoints',
      );
    if (key !== undefined) readKey(key);
    if (notes.isTerminal) notes.line('Reading the whole audit …');
    if (file !== undefined) {
      const verified = await verifyFile(resolve(file), checkpoints, key, env);
      show(verified, () => verifiedLines(verified, out));
      if (checkpoints === undefined)
        notes.line(
          'Without --checkpoints only the chain of hashes was checked: nobody can tell whether its end is missing, or all of it was written anew.',
        );
      return verified.ok ? exitCodes.well : exitCodes.unwell;
    }
    const query = { key };
    const answer = await gateway().ask('GET', '/api/v1/audit/verify', { query, timeoutMs: 70_000 });
    const verified = readAnswer(answer, verifiedSchema);
    show(answer.body, () => verifiedLines(verified, out));
    return verified.ok ? exitCodes.well : exitCodes.unwell;
  },
});

async function verifyFile(
  path: string,
  checkpoints: string | undefined,
  key: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<Verified> {
  const saved = checkpoints === undefined ? [] : checkpointsIn(await readGivenFile(checkpoints));
  if (checkpoints !== undefined && saved.length === 0)
    throw usageError(
      `There is no checkpoint in ${checkpoints}.`,
      'save the log of the audit service, or the output of: nats sub hemostat.checkpoint --stream HEMOSTAT_CHECKPOINTS --all --wait 2s',
    );
  const verifier = saved.length === 0 ? undefined : verifierGiven(key, env);
  const verified = await verifyChain(path, { notes: async () => saved, verifier }, systemClock);
  if (verified.files.length === 0)
    throw usageError(
      `There is no audit file ${path}.`,
      'name the current one, without a number; AUDIT_FILE says which it is',
    );
  return { ...verified, waiting: null };
}
