import { z } from 'zod';
import { readConfig } from '#libs/runtime/config';
import { readVerifierFile, verifierKeyFile } from '../services/audit/checkpoint/key.ts';
import { readVerifier, type Verifier } from '../services/audit/checkpoint/note.ts';
import { usageError } from './command-error.ts';

const settingsSchema = z.object({ HEMOSTAT_DATA_DIR: z.string().default('.hemostat') });

/** The key that was given, else the one in the data folder of an audit service on this machine. */
export function verifierGiven(key: string | undefined, env: NodeJS.ProcessEnv): Verifier {
  if (key !== undefined) return readKey(key);
  const file = verifierKeyFile(readConfig(settingsSchema, env).HEMOSTAT_DATA_DIR);
  const verifier = readVerifierFile(file);
  if (verifier) return verifier;
  throw usageError(
    'No verifier key is given.',
    `give it with --key; the audit service keeps it in ${file}, and audit verify shows it`,
  );
}

export function readKey(key: string): Verifier {
  const verifier = readVerifier(key);
  if (verifier) return verifier;
  throw usageError(
    'The key is no verifier key.',
    'it is one line like hemostat/audit+1a2b3c4d+A…, in quotes',
  );
}
