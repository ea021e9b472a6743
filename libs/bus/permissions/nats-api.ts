/** Subjects of NATS itself that permissions name. The server's own documentation has them all. */

/** Streams belong to an account by its name: changing it makes them disappear. */
export const meshAccount = 'MESH';
/** Holds the results that publishers take, and nothing that an answer to them could spoil. */
export const resultsAccount = 'RESULTS';

const js = '$JS.API.';

/** What a pull consumer takes: knowing of it, asking for messages, and acknowledging (from 2.14 on with two tokens more). */
export const workOf = (stream: string, consumer: string): readonly string[] => [
  `${js}CONSUMER.INFO.${stream}.${consumer}`,
  pullOf(stream, consumer),
  ...acksOf(stream, consumer),
];
export const pullOf = (stream: string, consumer: string): string =>
  `${js}CONSUMER.MSG.NEXT.${stream}.${consumer}`;
export const acksOf = (stream: string, consumer: string): readonly string[] => [
  `$JS.ACK.${stream}.${consumer}.>`,
  `$JS.ACK.*.*.${stream}.${consumer}.>`,
];

export const infoOf = (stream: string): string => `${js}STREAM.INFO.${stream}`;
/** Reading single messages from the leader. */
export const readOf = (stream: string): readonly string[] => [
  infoOf(stream),
  `${js}STREAM.MSG.GET.${stream}`,
];

/** Reading a stretch of a stream by a consumer that is made for it and goes with it. */
export const scanOf = (stream: string): readonly string[] => [
  `${js}CONSUMER.CREATE.${stream}.>`,
  `${js}CONSUMER.INFO.${stream}.*`,
  `${js}CONSUMER.MSG.NEXT.${stream}.*`,
  `${js}CONSUMER.DELETE.${stream}.*`,
  ...flowOf(stream),
];

/** Making a durable consumer, and changing it. */
export const makeConsumer = (stream: string, consumer: string): readonly string[] => [
  `${js}CONSUMER.CREATE.${stream}.${consumer}`,
  `${js}CONSUMER.CREATE.${stream}.${consumer}.>`,
  `${js}CONSUMER.DURABLE.CREATE.${stream}.${consumer}`,
  `${js}CONSUMER.INFO.${stream}.${consumer}`,
];
export const makeStream = (stream: string): readonly string[] => [
  `${js}STREAM.CREATE.${stream}`,
  `${js}STREAM.UPDATE.${stream}`,
  infoOf(stream),
];

/** What another account copies a stream with. */
export const sourceOf = (stream: string): readonly string[] => [
  `${js}CONSUMER.CREATE.${stream}`,
  `${js}CONSUMER.CREATE.${stream}.>`,
];
export const flowOf = (stream: string): readonly string[] => [`$JS.FC.${stream}.>`, `$JS.FC.*.*.${stream}.>`];
/** How a subject of JetStream's API in one account is called in another one. */
export const apiPrefixOf = (account: string): string => `${account}.API`;
export const apiFrom = (account: string, subject: string): string =>
  subject.replace(/^\$JS\.API/, apiPrefixOf(account));
/** Below it an account delivers to those that copy its streams. */
export const deliveryFrom = (account: string): string => `${account}.DELIVER`;

export const anyConsumerInfo = (stream: string): string => `${js}CONSUMER.INFO.${stream}.*`;
/** Taking the work of a durable consumer away: its messages, or itself, or how it is made. */
export const robOf = (stream: string, consumer: string): readonly string[] => [
  `${js}CONSUMER.MSG.NEXT.${stream}.${consumer}`,
  `${js}CONSUMER.DELETE.${stream}.${consumer}`,
  `${js}CONSUMER.CREATE.${stream}.${consumer}`,
  `${js}CONSUMER.CREATE.${stream}.${consumer}.>`,
];
export const purgeOf = (stream: string): string => `${js}STREAM.PURGE.${stream}`;
export const bucketStream = (bucket: string): string => `KV_${bucket}`;
export const anyBucketKey = '$KV.>';
export const bucketKeys = (bucket: string): string => `$KV.${bucket}.>`;

/** What JetStream is able to do. */
export const accountInfo = `${js}INFO`;
export const streamNames = `${js}STREAM.NAMES`;
/** Looking at everything, changing nothing. */
export const lookAround: readonly string[] = [
  accountInfo,
  streamNames,
  `${js}STREAM.LIST`,
  `${js}STREAM.INFO.*`,
  `${js}STREAM.MSG.GET.*`,
  `${js}DIRECT.GET.>`,
  `${js}CONSUMER.NAMES.*`,
  `${js}CONSUMER.LIST.*`,
  `${js}CONSUMER.INFO.*.*`,
];
/**
 * Reading a stream by a consumer of one's own, as the `nats` CLI does. Its name has to stand in the subject: the form
 * without takes one from the body, and so changes a durable of the mesh.
 */
export const lookThrough = (stream: string): readonly string[] => [
  `${js}CONSUMER.CREATE.${stream}.>`,
  `${js}CONSUMER.MSG.NEXT.${stream}.*`,
  `${js}CONSUMER.DELETE.${stream}.*`,
  ...flowOf(stream),
];
export const advisories = '$JS.EVENT.>';

/** The NATS services protocol. */
export const serviceWords = ['PING', 'INFO', 'STATS'] as const;
export const anyService = '$SRV.>';
export const serviceHears = (service: string): readonly string[] =>
  serviceWords.flatMap((word) => [
    `$SRV.${word}`,
    `$SRV.${word}.hemostat-${service}`,
    `$SRV.${word}.hemostat-${service}.*`,
  ]);

export const usualInbox = '_INBOX';
/** Where the answers to a service come, so that nobody else hears them. */
export const inboxOf = (service: string): string => `${usualInbox}_${service}`;
