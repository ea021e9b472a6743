import type { Row } from './expected-publishes.ts';

type Stream = {
  readonly name: string;
  /** Of the services: who reads single messages, and who walks through it. */
  readonly readBy: string;
  readonly scannedBy: string;
  /** Who only knows how it was made. */
  readonly knownBy?: string;
  readonly purgedBy?: string;
  /** Durable consumers with whose work they hold. */
  readonly durables: readonly Row[];
  readonly isOurs: boolean;
  /** Whether operators may read it with consumers of their own. */
  readonly open: boolean;
};

const ours = { readBy: '', scannedBy: '', durables: [], isOurs: true, open: true };

const streams: readonly Stream[] = [
  {
    ...ours,
    name: 'HEMOSTAT',
    readBy: 'gateway safety executor audit',
    durables: [
      ['safety-requested', 'safety'],
      ['safety-progress', 'safety'],
      ['safety-finished', 'safety'],
      ['executor-local', 'executor'],
      ['audit-facts', 'audit'],
    ],
  },
  {
    ...ours,
    name: 'HEMOSTAT_INBOX',
    knownBy: 'gateway',
    durables: [['gateway-inbox', 'gateway']],
    open: false,
  },
  { ...ours, name: 'HEMOSTAT_RESULTS', knownBy: 'safety' },
  { ...ours, name: 'HEMOSTAT_AUDIT', readBy: 'audit', scannedBy: 'audit' },
  { ...ours, name: 'HEMOSTAT_DEAD', readBy: 'audit', durables: [['audit-dead', 'audit']] },
  { ...ours, name: 'HEMOSTAT_CHECKPOINTS', readBy: 'audit' },
  { ...ours, name: 'KV_hemostat_safety', readBy: 'safety executor', scannedBy: 'safety', purgedBy: 'safety' },
  { ...ours, name: 'KV_hemostat_audit', readBy: 'audit' },
  { ...ours, name: 'OTHER', isOurs: false, open: false },
];

const both = (...roles: readonly string[]): string => roles.join(' ');

function apiOf({
  name,
  readBy,
  scannedBy,
  knownBy = '',
  purgedBy = '',
  isOurs,
  open,
}: Stream): readonly Row[] {
  const setup = isOurs ? 'setup' : '';
  const reader = open ? 'operator' : '';
  const asked = name === 'HEMOSTAT' ? 'gateway' : '';
  return [
    [`$JS.API.STREAM.INFO.${name}`, both(readBy, knownBy, setup, 'operator')],
    [`$JS.API.STREAM.MSG.GET.${name}`, both(readBy, 'operator')],
    [`$JS.API.DIRECT.GET.${name}`, 'operator'],
    [`$JS.API.DIRECT.GET.${name}.some.subject`, 'operator'],
    [`$JS.API.STREAM.CREATE.${name}`, setup],
    [`$JS.API.STREAM.UPDATE.${name}`, setup],
    [`$JS.API.STREAM.PURGE.${name}`, purgedBy],
    ...['DELETE', 'MSG.DELETE', 'SNAPSHOT', 'RESTORE', 'PEER.REMOVE', 'LEADER.STEPDOWN'].map(
      (verb): Row => [`$JS.API.STREAM.${verb}.${name}`, ''],
    ),
    [`$JS.API.CONSUMER.NAMES.${name}`, 'operator'],
    [`$JS.API.CONSUMER.LIST.${name}`, 'operator'],
    [`$JS.API.CONSUMER.CREATE.${name}`, ''],
    [`$JS.API.CONSUMER.CREATE.${name}.reader`, both(scannedBy, reader)],
    [`$JS.API.CONSUMER.CREATE.${name}.reader.some.subject`, both(scannedBy, reader)],
    [`$JS.API.CONSUMER.DURABLE.CREATE.${name}.reader`, ''],
    [`$JS.API.CONSUMER.INFO.${name}.reader`, both(scannedBy, asked, 'operator')],
    [`$JS.API.CONSUMER.MSG.NEXT.${name}.reader`, both(scannedBy, reader)],
    [`$JS.API.CONSUMER.DELETE.${name}.reader`, both(scannedBy, reader)],
    [`$JS.ACK.${name}.reader.1.1.1.1.0`, ''],
    [`$JS.ACK._.ACCOUNT.${name}.reader.1.1.1.1.0`, ''],
    [`$JS.FC.${name}.reader.1`, both(scannedBy, reader)],
  ];
}

function durablesOf({ name, durables }: Stream): readonly Row[] {
  const asked = name === 'HEMOSTAT' ? 'gateway' : '';
  return durables.flatMap(([durable, owner]): readonly Row[] => [
    [`$JS.API.CONSUMER.INFO.${name}.${durable}`, both(owner, asked, 'setup operator')],
    [`$JS.API.CONSUMER.MSG.NEXT.${name}.${durable}`, owner],
    [`$JS.ACK.${name}.${durable}.1.1.1.1.0`, owner],
    [`$JS.ACK._.ACCOUNT.${name}.${durable}.1.1.1.1.0`, owner],
    [`$JS.API.CONSUMER.CREATE.${name}.${durable}`, 'setup'],
    [`$JS.API.CONSUMER.CREATE.${name}.${durable}.some.subject`, 'setup'],
    [`$JS.API.CONSUMER.DURABLE.CREATE.${name}.${durable}`, 'setup'],
    ...['DELETE', 'PAUSE', 'UNPIN', 'RESET', 'LEADER.STEPDOWN'].map(
      (verb): Row => [`$JS.API.CONSUMER.${verb}.${name}.${durable}`, ''],
    ),
  ]);
}

export const onStreams: readonly Row[] = streams.flatMap((stream) => [
  ...apiOf(stream),
  ...durablesOf(stream),
]);
