import { readFile } from 'node:fs/promises';
import {
  type ConnectionOptions,
  connect,
  type NatsConnection,
  nkeyAuthenticator,
  nkeys,
  PermissionViolationError,
} from '@nats-io/transport-node';
import { roles } from '#libs/bus/permissions/work';
import { type LockedNats, startLockedNats } from '#libs/testing/locked-nats';

export type Party = { readonly role: string; readonly nc: NatsConnection };

/** A locked server with a publisher besides, and one connection of everybody. */
export type Parties = AsyncDisposable & {
  readonly nats: LockedNats;
  readonly all: readonly Party[];
  readonly of: (role: string) => NatsConnection;
};

export async function connectEverybody(): Promise<Parties> {
  await using stack = new AsyncDisposableStack();
  const publisher = nkeys.createUser();
  const publish = [
    'hemostat.remediation_needed.alertmanager',
    ...['$JS.API.INFO', '$JS.API.STREAM.NAMES'],
    ...['INFO', 'MSG.NEXT', 'CREATE', 'DURABLE.CREATE'].map(
      (verb) => `$JS.API.CONSUMER.${verb}.HEMOSTAT_RESULTS.alertmanager`,
    ),
    '$JS.API.CONSUMER.CREATE.HEMOSTAT_RESULTS.alertmanager.>',
    ...['', '*.*.'].map((where) => `$JS.ACK.${where}HEMOSTAT_RESULTS.alertmanager.>`),
  ];
  const may = `permissions: { publish: ${JSON.stringify(publish)}, subscribe: ["_INBOX.>", "hemostat.remediation_complete"] }`;
  const nats = stack.use(
    await startLockedNats({ publishers: [`{ nkey: ${publisher.getPublicKey()}, ${may} }`] }),
  );
  const open = async (role: string, options: ConnectionOptions): Promise<Party> => {
    const nc = await connect({ servers: nats.server.url, reconnect: false, ...options });
    stack.defer(() => nc.close());
    return { role, nc };
  };
  const all = await Promise.all([
    ...roles.map(async (role) => {
      const seed = (await readFile(nats.keyFile(role))).subarray(0, 58);
      const inboxPrefix = role === 'operator' ? '_INBOX' : `_INBOX_${role}`;
      return open(role, { authenticator: nkeyAuthenticator(seed), inboxPrefix });
    }),
    open('alertmanager', { authenticator: nkeyAuthenticator(publisher.getSeed()) }),
    open('anonymous', {}),
  ]);
  const owned = stack.move();
  return {
    nats,
    all,
    of: (role) => {
      const found = all.find((party) => party.role === role);
      if (!found) throw new Error(`nobody is called ${role}`);
      return found.nc;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Nobody may publish here: its refusal says that all before it were judged. */
const last = 'the.last.one';

/** Which of the subjects the server refuses to take from this one. */
export async function refusedPublishes(
  nc: NatsConnection,
  subjects: readonly string[],
): Promise<ReadonlySet<string>> {
  const refused = new Set<string>();
  const statuses = nc.status();
  for (const subject of [...subjects, last]) nc.publish(subject);
  for await (const status of statuses) {
    const error = status.type === 'error' ? status.error : undefined;
    if (!(error instanceof PermissionViolationError) || error.operation !== 'publish') continue;
    if (error.subject === last) break;
    refused.add(error.subject);
  }
  return refused;
}

/** Which of the subjects, each maybe with a queue group behind a blank, the server refuses to let this one hear. */
export async function refusedSubscriptions(
  nc: NatsConnection,
  rows: readonly string[],
): Promise<ReadonlySet<string>> {
  const refused = new Set<string>();
  for (const row of rows) {
    const [subject = '', queue] = row.split(' ');
    const callback = (error: Error | null): void => {
      if (error) refused.add(row);
    };
    nc.subscribe(subject, { ...(queue === undefined ? {} : { queue }), callback });
  }
  await nc.flush();
  return refused;
}
