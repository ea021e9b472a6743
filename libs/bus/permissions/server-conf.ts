import { completeChannel, inboxBelow, inboxSubject } from '#libs/contracts/subjects';
import { type Rights, rightsOf, rightsOfPublisher } from './rights.ts';
import { type Role, roles } from './work.ts';

export type ServerConfOptions = {
  /** The Docker Engines whose executors may connect. */
  readonly engines: readonly string[];
  /** Whether the server can be told to write to the disk before it acknowledges: from 2.10 on. */
  readonly syncs: boolean;
};

/** Streams belong to an account by its name: changing it makes them disappear. */
export const meshAccount = 'MESH';

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
    ]
  }

  # Accounts of their own: here they could have answers to their messages sent to the subjects of facts.
  PUBLISHERS {
    include "publishers.conf"
    imports = [
      { service: { account: ${meshAccount}, subject: ${quoted(inboxBelow)} } }
      { stream: { account: ${meshAccount}, subject: ${quoted(completeChannel)} } }
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
