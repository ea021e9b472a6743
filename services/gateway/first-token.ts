import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '#libs/runtime/config';

// Made whole or not at all, and never over one that is there: replicas that share the folder share the token.

/** Where the admin token lies that is made when none was set. */
export function firstTokenFile(folder: string): string {
  return join(folder, 'gateway-admin-token');
}

/** The token in the data folder, made when it is not there yet. Throws a ConfigError when it cannot be kept. */
export function firstToken(folder: string): string {
  const file = firstTokenFile(folder);
  try {
    return readOrMake(folder, file);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
    const expected =
      'a folder that the gateway may write its token to, for example .hemostat; or set GATEWAY_TOKEN or GATEWAY_TOKENS';
    const found = `${JSON.stringify(folder)}, which it may not${why}`;
    throw new ConfigError([{ name: 'HEMOSTAT_DATA_DIR', found, expected }]);
  }
}

function readOrMake(folder: string, file: string): string {
  mkdirSync(folder, { recursive: true });
  const made = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(made, `hemostat_${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(made, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    unlinkSync(made);
  }
  return readFileSync(file, 'utf8').trim();
}
