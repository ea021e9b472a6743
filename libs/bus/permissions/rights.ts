import {
  buckets,
  completeChannel,
  everything,
  executorRpcSubject,
  rpcSubject,
  servicePing,
  streams,
} from '#libs/contracts/subjects';
import {
  accountInfo,
  advisories,
  anyBucketKey,
  anyConsumerInfo,
  anyService,
  apiFrom,
  bucketKeys,
  bucketStream,
  inboxOf,
  infoOf,
  lookAround,
  lookThrough,
  makeConsumer,
  makeStream,
  purgeOf,
  readOf,
  resultsAccount,
  robOf,
  scanOf,
  serviceHears,
  usualInbox,
  workOf,
} from './nats-api.ts';
import {
  durables,
  isServiceRole,
  type Role,
  type ServiceRole,
  serviceRoles,
  workOfServices,
} from './work.ts';

/** Subjects that a user may publish to and subscribe to; what is denied goes before what is allowed. */
export type Rights = {
  readonly publish: readonly string[];
  readonly neverPublish?: readonly string[];
  readonly subscribe: readonly string[];
  readonly neverSubscribe?: readonly string[];
};

const bucketStreams = Object.values(buckets).map(bucketStream);
const allStreams: readonly string[] = [...Object.values(streams), ...bucketStreams];

export function rightsOf(role: Role, engines: readonly string[]): Rights {
  if (isServiceRole(role)) return rightsOfService(role, engines);
  return role === 'setup' ? rightsOfSetup(engines) : rightsOfOperator(engines);
}

/** Of one who asks for remediations: over `inbox`, whose last token says who it is. */
export function rightsOfPublisher(inbox: string): Rights {
  return { publish: [inbox], subscribe: [`${usualInbox}.>`, completeChannel] };
}

function rightsOfService(role: ServiceRole, engines: readonly string[]): Rights {
  const work = workOfServices(engines)[role];
  return {
    publish: [
      ...work.states,
      ...work.asks,
      ...inboxesOfAskers(role, engines),
      ...work.keeps.map(bucketKeys),
      ...work.reads.flatMap(readOf),
      ...work.knows.map(infoOf),
      ...work.knowsConsumersOf.map(anyConsumerInfo),
      ...work.scans.flatMap(scanOf),
      ...work.takes.flatMap(([stream, consumer]) => workOf(stream, consumer)),
      ...work.forgetsFrom.map((bucket) => purgeOf(bucketStream(bucket))),
    ],
    subscribe: [`${inboxOf(role)}.>`, ...serviceHears(role), ...work.answers, ...work.hears],
  };
}

/** An answer goes into the inbox of who asked. Dynamic permission for answers would cost the server memory for every message. */
function inboxesOfAskers(role: ServiceRole, engines: readonly string[]): readonly string[] {
  const work = workOfServices(engines);
  const answers = [...work[role].answers, servicePing(role)];
  const askers = serviceRoles.filter((other) =>
    work[other].asks.some((asked) => answers.some((answered) => overlap(asked, answered))),
  );
  return [...askers.map((asker) => `${inboxOf(asker)}.>`), `${usualInbox}.>`];
}

function overlap(one: string, other: string): boolean {
  const [left, right] = [one.split('.'), other.split('.')];
  const fits = (token: string, at: number): boolean =>
    token === right[at] || token === '*' || right[at] === '*';
  return left.length === right.length && left.every(fits);
}

/** Makes what is missing and changes what it made; deletes nothing. */
function rightsOfSetup(engines: readonly string[]): Rights {
  return {
    publish: [
      accountInfo,
      ...allStreams.flatMap(makeStream),
      ...makeStream(streams.results).map((subject) => apiFrom(resultsAccount, subject)),
      ...durables(engines).flatMap(([stream, consumer]) => makeConsumer(stream, consumer)),
    ],
    subscribe: [`${inboxOf('setup')}.>`],
  };
}

const operatorAsks: readonly string[] = [
  rpcSubject('safety', '*'),
  rpcSubject('audit', '*'),
  ...['resolve', 'preview', 'targets'].map((verb) => executorRpcSubject('*', verb)),
];

function rightsOfOperator(engines: readonly string[]): Rights {
  return {
    publish: [
      ...operatorAsks,
      anyService,
      ...lookAround,
      // A second consumer of a work queue would take its messages away.
      ...allStreams.filter((stream) => stream !== streams.inbox).flatMap(lookThrough),
    ],
    neverPublish: durables(engines).flatMap(([stream, consumer]) => robOf(stream, consumer)),
    subscribe: [`${usualInbox}.>`, everything, anyBucketKey, advisories],
    // In a queue group it would take requests away from the services.
    neverSubscribe: ['> >'],
  };
}
