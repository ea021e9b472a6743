import { completeChannel, inboxBelow, inboxSubject, streams } from '#libs/contracts/subjects';
import {
  accountInfo,
  apiFrom,
  deliveryFrom,
  flowOf,
  makeConsumer,
  makeStream,
  meshAccount,
  pullOf,
  resultsAccount,
  sourceOf,
  streamNames,
  workOf,
} from './nats-api.ts';
import { type Rights, rightsOf, rightsOfPublisher } from './rights.ts';
import { type Role, roles } from './work.ts';

export type ServerConfOptions = {
  /** The Docker Engines whose executors may connect. */
  readonly engines: readonly string[];
  /** Whether the server can be told to write to the disk before it acknowledges: from 2.10 on. */
  readonly syncs: boolean;
};

const head = `# Who may do what on the NATS of the mesh. Written by "node nats/prepare.ts" from libs/bus/permissions: change it there.
# Beside it stand keys.conf, the public keys of the users, and publishers.conf, which is yours.
include "keys.conf"

# Whoever comes without credentials may ask for remediations as the principal "anonymous", and nothing else.
# Without this line nobody may come without.
no_auth_user: anonymous

# TLS, for a server that others than this machine reach. With "verify" clients need a certificate, too:
# NATS_CA_FILE, NATS_CERT_FILE and NATS_KEY_FILE of every service.
# tls { cert_file: "server.pem", key_file: "server-key.pem", ca_file: "ca.pem", verify: true }
`;

const sync = `
# What NATS acknowledged stands on the disk. nats-server knows this from 2.10 on; before, leave it out.
jetstream {
  sync_interval: always
}
`;

const results = streams.results;
const delivered = `${deliveryFrom(meshAccount)}.>`;
const pull = pullOf(results, '*');
/** What publishers have of the copied results: consumers, each under a name that their permissions give them. */
const consumed = [
  ...new Set([accountInfo, streamNames, ...makeConsumer(results, '*'), ...workOf(results, '*')]),
].filter((subject) => subject !== pull);

/** The configuration of a nats-server for the mesh. The keys are in \`keys.conf\` beside it. */
export function renderServerConf({ engines, syncs }: ServerConfOptions): string {
  const users = roles.map((role) => user(role, rightsOf(role, engines)));
  return `${head}${syncs ? sync : ''}
accounts {
  ${meshAccount} {
    jetstream: enabled
    users = [
${users.join('\n')}
    ]
    exports = [
      { service: ${quoted(inboxSubject)}, accounts: [ANYBODY] }
      { service: ${quoted(inboxBelow)}, accounts: [PUBLISHERS] }
      { stream: ${quoted(completeChannel)}, accounts: [ANYBODY, PUBLISHERS] }
${[...sourceOf(results), ...flowOf(results)].map((subject) => service(subject, resultsAccount)).join('\n')}
      { stream: ${quoted(delivered)}, accounts: [${resultsAccount}] }
    ]
    imports = [
${makeStream(results)
  .map((subject) => imported(resultsAccount, subject, apiFrom(resultsAccount, subject)))
  .join('\n')}
    ]
  }

  # A copy of the results. Publishers take it from here, because in an account with streams they could have answers to their
  # messages delete them.
  ${resultsAccount} {
    jetstream: enabled
    exports = [
${makeStream(results)
  .map((subject) => service(subject, meshAccount))
  .join('\n')}
${consumed.map((subject) => service(subject, 'PUBLISHERS')).join('\n')}
      { service: ${quoted(pull)}, response: stream, accounts: [PUBLISHERS] }
    ]
    imports = [
${sourceOf(results)
  .map((subject) => imported(meshAccount, subject, apiFrom(meshAccount, subject)))
  .join('\n')}
${flowOf(results)
  .map((subject) => imported(meshAccount, subject))
  .join('\n')}
      { stream: { account: ${meshAccount}, subject: ${quoted(delivered)} } }
    ]
  }

  # Accounts of their own: here they could have answers to their messages sent to the subjects of facts.
  PUBLISHERS {
    include "publishers.conf"
    imports = [
      { service: { account: ${meshAccount}, subject: ${quoted(inboxBelow)} } }
      { stream: { account: ${meshAccount}, subject: ${quoted(completeChannel)} } }
${[...consumed, pull].map((subject) => imported(resultsAccount, subject)).join('\n')}
    ]
  }
  ANYBODY {
    users = [
      { user: anonymous, password: anonymous, permissions: {
${permissions(rightsOfPublisher(inboxSubject))}
      } }
    ]
    imports = [
      { service: { account: ${meshAccount}, subject: ${quoted(inboxSubject)} } }
      { stream: { account: ${meshAccount}, subject: ${quoted(completeChannel)} } }
    ]
  }
}
`;
}

/** The public keys, under the names that the configuration has for them. */
export function renderKeysConf(publicKeys: Readonly<Record<Role, string>>): string {
  return roles.map((role) => `${keyName(role)}: ${publicKeys[role]}\n`).join('');
}

const keyName = (role: Role): string => `${role.toUpperCase()}_KEY`;
const quoted = (subject: string): string => JSON.stringify(subject);

const service = (subject: string, account: string): string =>
  `      { service: ${quoted(subject)}, accounts: [${account}] }`;

function imported(account: string, subject: string, to?: string): string {
  const as = to === undefined ? '' : `, to: ${quoted(to)}`;
  return `      { service: { account: ${account}, subject: ${quoted(subject)} }${as} }`;
}

function user(role: Role, rights: Rights): string {
  return `      # ${role}
      { nkey: $${keyName(role)}, permissions: {
${permissions(rights)}
      } }`;
}

function permissions({ publish, neverPublish, subscribe, neverSubscribe }: Rights): string {
  return [
    `        publish: { ${list('allow', publish)}${neverPublish ? `, ${list('deny', neverPublish)}` : ''} }`,
    `        subscribe: { ${list('allow', subscribe)}${neverSubscribe ? `, ${list('deny', neverSubscribe)}` : ''} }`,
  ].join('\n');
}

function list(name: string, subjects: readonly string[]): string {
  const lines = [...new Set(subjects)].map((subject) => `          ${quoted(subject)}`);
  return `${name}: [\n${lines.join('\n')}\n        ]`;
}
