import { AuthorizationError } from '@nats-io/transport-node';
import type { PartState } from '#libs/runtime/health';

type Trouble = Extract<PartState, { readonly ok: false }>;

const goesOn = 'the mesh goes on by itself as soon as NATS answers';

export const natsAway: Trouble = {
  ok: false,
  cause: 'NATS cannot be reached',
  remedy: `start nats-server or correct NATS_URL; ${goesOn}`,
};

const refused: Trouble = {
  ok: false,
  cause: 'NATS does not accept who this service says it is',
  remedy: `give it its own key in NATS_NKEY_FILE (or NATS_USER and NATS_PASSWORD, or NATS_TOKEN), whose public half is in the configuration of nats-server; ${goesOn}`,
};

const untrusted: Trouble = {
  ok: false,
  cause: 'NATS answers, but not over TLS as this service wants it',
  remedy: `check NATS_CA_FILE, NATS_CERT_FILE, NATS_KEY_FILE and the name in the certificate of nats-server against NATS_URL; ${goesOn}`,
};

const nobodyThere: readonly unknown[] = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
];

/** Why there is no connection, for a person. A server that wants another certificate hangs up without a word. */
export function whyNotConnected(error: unknown, overTls: boolean): Trouble {
  const causes = chainOf(error);
  if (causes.some((each) => each instanceof AuthorizationError)) return refused;
  if (causes.some((each) => nobodyThere.includes(codeOf(each)))) return natsAway;
  return overTls || causes.some(isOfTls) ? untrusted : natsAway;
}

function chainOf(error: unknown): readonly Error[] {
  return error instanceof Error ? [error, ...chainOf(error.cause)] : [];
}

function codeOf(error: Error): unknown {
  return 'code' in error ? error.code : undefined;
}

function isOfTls(error: Error): boolean {
  return /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_/.test(String(codeOf(error))) || /\btls\b/i.test(error.message);
}
