import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from '@nats-io/transport-node';
import { ConfigError } from '#libs/runtime/config';
import type { MeshSettings } from './mesh-settings.ts';
import { inboxOf } from './permissions/nats-api.ts';
import { loginWith, NkeyFileError } from './permissions/nkey-files.ts';
import { identityOfServers } from './server-identity.ts';

export type Credentials = Pick<
  ConnectionOptions,
  'user' | 'pass' | 'token' | 'authenticator' | 'tls' | 'inboxPrefix'
>;

export type CredentialSettings = Pick<
  MeshSettings,
  | 'NATS_URL'
  | 'NATS_USER'
  | 'NATS_PASSWORD'
  | 'NATS_TOKEN'
  | 'NATS_NKEY_FILE'
  | 'NATS_CA_FILE'
  | 'NATS_CERT_FILE'
  | 'NATS_KEY_FILE'
>;

/**
 * How a service shows who it is, and how it knows the server. With a key of its own its answers come into an inbox of its
 * own. Throws a ConfigError when a file cannot be read or holds something else.
 */
export function credentialsOf(service: string, settings: CredentialSettings): Credentials {
  const { NATS_USER: user, NATS_PASSWORD: pass, NATS_TOKEN: token, NATS_NKEY_FILE: nkey } = settings;
  const tls = tlsOf(settings);
  return {
    ...(user === undefined ? {} : { user }),
    ...(pass === undefined ? {} : { pass }),
    ...(token === undefined ? {} : { token }),
    ...(nkey === undefined ? {} : { authenticator: login(nkey), inboxPrefix: inboxOf(service) }),
    ...(tls === undefined ? {} : { tls }),
  };
}

function login(file: string): NonNullable<Credentials['authenticator']> {
  try {
    return loginWith(file, read('NATS_NKEY_FILE', file));
  } catch (error) {
    if (!(error instanceof NkeyFileError)) throw error;
    throw new ConfigError([
      {
        name: 'NATS_NKEY_FILE',
        found: `${JSON.stringify(file)}, which holds no such key`,
        expected: 'a file with the seed of a NATS user, a line that begins with SU',
      },
    ]);
  }
}

/** Set, the connection is encrypted and the server verified, or there is none; \`tls://\` alone trusts what the system trusts. */
function tlsOf(settings: CredentialSettings): NonNullable<Credentials['tls']> | undefined {
  const { NATS_URL, NATS_CA_FILE, NATS_CERT_FILE, NATS_KEY_FILE } = settings;
  if ((NATS_CERT_FILE === undefined) !== (NATS_KEY_FILE === undefined)) {
    const [missing, given] = NATS_CERT_FILE
      ? ['NATS_KEY_FILE', 'NATS_CERT_FILE']
      : ['NATS_CERT_FILE', 'NATS_KEY_FILE'];
    throw new ConfigError([
      {
        name: missing,
        found: 'nothing',
        expected: `a file, because ${given} is set: a certificate and its key go together`,
      },
    ]);
  }
  const wanted = NATS_CA_FILE !== undefined || NATS_CERT_FILE !== undefined || NATS_URL.includes('tls://');
  if (!wanted) return undefined;
  const check = { checkServerIdentity: identityOfServers(NATS_URL) };
  return {
    ...check,
    ...(NATS_CA_FILE === undefined ? {} : { ca: read('NATS_CA_FILE', NATS_CA_FILE) }),
    ...(NATS_CERT_FILE === undefined ? {} : { cert: read('NATS_CERT_FILE', NATS_CERT_FILE) }),
    ...(NATS_KEY_FILE === undefined ? {} : { key: read('NATS_KEY_FILE', NATS_KEY_FILE) }),
  };
}

function read(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : 'unknown error';
    throw new ConfigError([
      {
        name,
        found: `${JSON.stringify(file)}, which cannot be read (${code})`,
        expected: 'the path of a readable file',
      },
    ]);
  }
}
