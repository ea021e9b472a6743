import { join } from 'node:path';
import { keyIdOf, type PublicKeys } from '#libs/contracts/decision-signature';
import { readPublicKeys } from './key-files.ts';

type Settings = {
  readonly HEMOSTAT_DATA_DIR: string;
  readonly HEMOSTAT_DECISION_KEY_FILE?: string | undefined;
  readonly HEMOSTAT_DECISION_PUBLIC_KEY_FILE?: string | undefined;
};

/** Where the key lies that approvals are signed with: with safety alone. */
export function decisionKeyFile({ HEMOSTAT_DATA_DIR, HEMOSTAT_DECISION_KEY_FILE }: Settings): string {
  return HEMOSTAT_DECISION_KEY_FILE ?? join(HEMOSTAT_DATA_DIR, 'keys', 'decision-private.pem');
}

/** Where its public half lies, by which executors believe an approval; older ones may stand below it. */
export function decisionPublicKeyFile({
  HEMOSTAT_DATA_DIR,
  HEMOSTAT_DECISION_PUBLIC_KEY_FILE,
}: Settings): string {
  return HEMOSTAT_DECISION_PUBLIC_KEY_FILE ?? join(HEMOSTAT_DATA_DIR, 'keys', 'decision-public.pem');
}

/** The keys by which an approval is believed; undefined where there is no file yet. Throws as `readPublicKeys` does. */
export function readDecisionKeys(file: string): PublicKeys | undefined {
  const keys = readPublicKeys(file);
  return keys && new Map(keys.map((key) => [keyIdOf(key), key]));
}
