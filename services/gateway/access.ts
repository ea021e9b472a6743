import { existsSync } from 'node:fs';
import { ConfigError } from '#libs/runtime/config';
import type { Log } from '#libs/runtime/log';
import type { GatewaySettings } from './config.ts';
import { firstToken, firstTokenFile } from './first-token.ts';
import { type Identity, mayUse, type Scope, sayScopes, scopes } from './scopes.ts';
import { digestOf, identityOfToken, type KnownToken } from './tokens.ts';

/** Who may come in. Made once at the start. */
export type Access = {
  /** Who speaks, by the header `Authorization`; undefined when it names a token that is not known. */
  identify(authorization: string | undefined): Identity | undefined;
  /** A web page could use this gateway in its visitor's name: requests without a token may do something. */
  readonly open: boolean;
  /** Names besides its addresses that it answers to while it is open. */
  readonly hosts: readonly string[];
};

const admin: Identity = { principal: 'admin', scopes };
const tokenOfAdmin = (token: string): KnownToken => ({ identity: admin, digest: digestOf(token) });

/** Reads the tokens or makes the first one, and says in the log who may do what. */
export function openAccess(settings: GatewaySettings, log: Log): Access {
  const loopback = isLoopback(settings.GATEWAY_HOST);
  const configured = configuredTokens(settings);
  const makes = configured.length === 0 && !loopback;
  const folder = settings.HEMOSTAT_DATA_DIR;
  const known = makes ? [tokenOfAdmin(firstToken(folder))] : configured;
  const named = settings.GATEWAY_ANONYMOUS_SCOPES;
  const unlocked = named.length === 0 && known.length === 0;
  const anonymous: Identity = { principal: 'anonymous', scopes: unlocked ? scopes : named };

  if (makes) sayMade(firstTokenFile(folder), log);
  if (configured.length > 0) sayKnown(configured, anonymous, firstTokenFile(folder), log);
  sayOpen(named, unlocked, settings.GATEWAY_HOST, log);
  return {
    hosts: settings.GATEWAY_ALLOWED_HOSTS,
    open: anonymous.scopes.length > 0,
    identify: (authorization) => {
      if (authorization === undefined) return anonymous;
      const given = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
      return given === undefined ? undefined : identityOfToken(known, given);
    },
  };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function configuredTokens({ GATEWAY_TOKEN, GATEWAY_TOKENS = [] }: GatewaySettings): readonly KnownToken[] {
  if (GATEWAY_TOKEN === undefined) return GATEWAY_TOKENS;
  const own = tokenOfAdmin(GATEWAY_TOKEN);
  const twin = GATEWAY_TOKENS.findIndex(({ digest }) => digest.equals(own.digest));
  if (twin < 0) return [own, ...GATEWAY_TOKENS];
  const found = `in entry ${twin + 1} the token of GATEWAY_TOKEN`;
  throw new ConfigError([
    { name: 'GATEWAY_TOKENS', found, expected: 'a token of its own for each principal' },
  ]);
}

function sayMade(file: string, log: Log): void {
  log.warn(
    `A bearer token is needed (principal admin). It is in the file ${file}, readable by its owner only`,
  );
}

function sayKnown(known: readonly KnownToken[], anonymous: Identity, made: string, log: Log): void {
  const identities = known.map(({ identity }) => identity);
  const each = new Set(identities.map((identity) => `${identity.principal} (${sayScopes(identity)})`));
  log.warn(`Bearer tokens are known of these principals: ${[...each].join(', ')}`);
  if (![...identities, anonymous].some((identity) => mayUse(identity, 'admin'))) {
    log.warn(
      'No principal has the scope admin: nobody can throw the kill switch or reset safety over HTTP. Set GATEWAY_TOKEN, or give the scope in GATEWAY_TOKENS',
    );
  }
  if (existsSync(made)) {
    log.warn(`The token in ${made} opens nothing while GATEWAY_TOKEN or GATEWAY_TOKENS is set`);
  }
}

function sayOpen(named: readonly Scope[], unlocked: boolean, host: string, log: Log): void {
  if (named.length > 0) {
    log.warn(
      `OPEN by GATEWAY_ANONYMOUS_SCOPES: requests without a token have the scopes ${named.join(', ')}`,
    );
  }
  if (unlocked) {
    log.warn(
      `OPEN: every program on this machine can restart containers through ${host}. Set GATEWAY_TOKEN or GATEWAY_TOKENS to ask for bearer tokens`,
    );
  }
}
