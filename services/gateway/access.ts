import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '#libs/runtime/config';
import type { Log } from '#libs/runtime/log';
import type { GatewaySettings } from './config.ts';
import { type Identity, type Scope, scopes } from './scopes.ts';

/** Who may come in. Made once at the start. */
export type Access = {
  /** Who speaks, by the header `Authorization`; undefined when it names a token that is not known. */
  identify(authorization: string | undefined): Identity | undefined;
  /** A web page could use this gateway in its visitor's name: requests without a token may do something. */
  readonly open: boolean;
  readonly loopback: boolean;
};

const admin: Identity = { principal: 'admin', scopes };

/** Reads the token or makes the first one, and says in the log who may do what. */
export function openAccess(settings: GatewaySettings, log: Log): Access {
  const loopback = isLoopback(settings.GATEWAY_HOST);
  const token = settings.GATEWAY_TOKEN ?? (loopback ? undefined : tokenOfFolder(settings, log));
  const anonymousScopes = anonymousScopesFor(settings, loopback, log);
  const anonymous: Identity = { principal: 'anonymous', scopes: anonymousScopes };
  return {
    loopback,
    open: anonymousScopes.length > 0,
    identify: (authorization) => {
      if (authorization === undefined) return anonymous;
      const given = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
      return given !== undefined && token !== undefined && isSame(given, token) ? admin : undefined;
    },
  };
}

function anonymousScopesFor(settings: GatewaySettings, loopback: boolean, log: Log): readonly Scope[] {
  const named = settings.GATEWAY_ANONYMOUS_SCOPES;
  if (named.length > 0) {
    log.warn(
      `OPEN by GATEWAY_ANONYMOUS_SCOPES: requests without a token have the scopes ${named.join(', ')}`,
    );
    return named;
  }
  if (!loopback || settings.GATEWAY_TOKEN !== undefined) return [];
  log.warn(
    `OPEN: every program on this machine can restart containers through ${settings.GATEWAY_HOST}. Set GATEWAY_TOKEN to ask for a bearer token`,
  );
  return scopes;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function tokenOfFolder(settings: GatewaySettings, log: Log): string {
  const folder = settings.HEMOSTAT_DATA_DIR;
  const file = join(folder, 'gateway-admin-token');
  try {
    const token = firstToken(folder, file);
    log.warn(
      `A bearer token is needed (principal admin). It is in the file ${file}, readable by its owner only`,
    );
    return token;
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
    const expected =
      'a folder that the gateway may write its token to, for example .hemostat; or set GATEWAY_TOKEN';
    const found = `${JSON.stringify(folder)}, which it may not${why}`;
    throw new ConfigError([{ name: 'HEMOSTAT_DATA_DIR', found, expected }]);
  }
}

/** The token in the data folder, made when it is not there yet. Replicas that share the folder share the token. */
function firstToken(folder: string, file: string): string {
  mkdirSync(folder, { recursive: true });
  const made = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(made, `hemostat_${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  try {
    // Whole or not at all, and never over one that is there.
    linkSync(made, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    unlinkSync(made);
  }
  return readFileSync(file, 'utf8').trim();
}

function isSame(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
