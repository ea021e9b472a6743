import { auditVerbs, safetyVerbs } from '#libs/contracts/rpc';

/**
 * Who may publish what, written down from the design's table of subjects and not from the code that renders permissions.
 * `''`: nobody may.
 */
export type Row = readonly [subject: string, by: string];

const facts: readonly Row[] = [
  ['hemostat.remediation_needed', 'anonymous'],
  ['hemostat.remediation_needed.alertmanager', 'alertmanager'],
  ['hemostat.remediation_needed.somebody', ''],
  ['hemostat.remediation_needed.alertmanager.more', ''],
  ['hemostat.remediation.ID.requested', 'gateway'],
  ['hemostat.remediation.ID.decided.local', 'safety'],
  ['hemostat.remediation.ID.decided.edge', 'safety'],
  ['hemostat.remediation.ID.step.1.started', 'executor'],
  ['hemostat.remediation.ID.step.1.executed', 'executor'],
  ['hemostat.remediation.ID.step.1.verified', 'executor'],
  ['hemostat.remediation.ID.step.1.other', ''],
  ['hemostat.remediation.ID.finished', 'executor'],
  ['hemostat.remediation.ID.complete', 'safety'],
  ['hemostat.remediation.ID.other', ''],
  ['hemostat.remediation.ID', ''],
  ['hemostat.remediation_complete', 'safety'],
  ['hemostat.stored.remediation.ID.complete', ''],
  ['hemostat.safety.reset.ID', 'safety'],
  ['hemostat.safety.control.ID', 'safety'],
  ['hemostat.safety.other.ID', ''],
  ['hemostat.audit.TARGET', 'audit'],
  ['hemostat.audit.mesh', 'audit'],
  ['hemostat.checkpoint', 'audit'],
  ['hemostat.dead.poison', 'gateway safety executor'],
  ['hemostat', ''],
  ['hemostat.other', ''],
  ['other', ''],
];

const requests: readonly Row[] = [
  ...Object.keys(safetyVerbs).map((verb): Row => [`hemostat.rpc.safety.${verb}`, 'gateway operator']),
  ...Object.keys(auditVerbs).map((verb): Row => [`hemostat.rpc.audit.${verb}`, 'gateway operator']),
  ...['local', 'edge'].flatMap((engine): readonly Row[] => [
    [`hemostat.rpc.executor.${engine}.resolve`, 'gateway safety operator'],
    [`hemostat.rpc.executor.${engine}.targets`, 'gateway safety operator'],
    [`hemostat.rpc.executor.${engine}.preview`, 'safety operator'],
    [`hemostat.rpc.executor.${engine}.bind`, 'gateway'],
    [`hemostat.rpc.executor.${engine}.inspect`, 'verifier'],
    [`hemostat.rpc.executor.${engine}.other`, ''],
  ]),
  ['hemostat.rpc.verifier.check', 'executor'],
  ['hemostat.rpc.verifier.health', 'gateway'],
  ['hemostat.rpc.gateway.other', ''],
  ['$SRV.PING', 'operator'],
  ['$SRV.PING.hemostat-safety', 'gateway operator'],
  ['$SRV.PING.hemostat-verifier', 'gateway operator'],
  ['$SRV.PING.hemostat-audit', 'gateway operator'],
  ['$SRV.PING.hemostat-executor', 'operator'],
  ['$SRV.PING.hemostat-gateway', 'operator'],
  ['$SRV.INFO', 'operator'],
  ['$SRV.INFO.hemostat-safety', 'operator'],
  ['$SRV.STATS.hemostat-safety.ID', 'operator'],
];

/** Answers: of the services, each to whom it is asked by. */
const inboxes: readonly Row[] = [
  ['_INBOX.ID.1', 'gateway safety executor verifier audit'],
  ['_INBOX_gateway.ID.1', 'safety executor verifier audit'],
  ['_INBOX_safety.ID.1', 'executor'],
  ['_INBOX_executor.ID.1', 'verifier'],
  ['_INBOX_verifier.ID.1', 'executor'],
  ['_INBOX_audit.ID.1', ''],
  ['_INBOX_setup.ID.1', ''],
];

const keys: readonly Row[] = [
  ['$KV.hemostat_safety.target.TARGET', 'safety'],
  ['$KV.hemostat_safety.control', 'safety'],
  ['$KV.hemostat_safety.act.ID', 'safety'],
  ['$KV.hemostat_audit.head', 'audit'],
  ['$KV.hemostat_audit.appender', 'audit'],
  ['$KV.other.key', ''],
];

const ofTheServer: readonly Row[] = [
  ['$JS.API.INFO', 'setup operator alertmanager'],
  ['$JS.API.STREAM.NAMES', 'operator alertmanager'],
  ['$JS.API.STREAM.LIST', 'operator'],
  ['$JS.API.STREAM.TEMPLATE.CREATE.ID', ''],
  ['$JS.API.META.LEADER.STEPDOWN', ''],
  ['$JS.API.SERVER.REMOVE', ''],
  ['$JS.API.ACCOUNT.PURGE.MESH', ''],
  ['$JS.API.ACCOUNT.STREAM.MOVE.MESH.HEMOSTAT', ''],
  ['$JS.EVENT.ADVISORY.API', ''],
  ['$SYS.REQ.SERVER.PING', ''],
  ['$SYS.REQ.ACCOUNT.MESH.CONNZ', ''],
  ['$SYS.REQ.USER.INFO', ''],
  ['$O.bucket.C.ID', ''],
];

/** A publisher's consumer of the copied results, and what makes the copy. */
const results: readonly Row[] = [
  ...['INFO', 'MSG.NEXT', 'CREATE'].map(
    (verb): Row => [`$JS.API.CONSUMER.${verb}.HEMOSTAT_RESULTS.alertmanager`, 'operator alertmanager'],
  ),
  [
    '$JS.API.CONSUMER.CREATE.HEMOSTAT_RESULTS.alertmanager.hemostat.remediation_complete',
    'operator alertmanager',
  ],
  ['$JS.API.CONSUMER.DURABLE.CREATE.HEMOSTAT_RESULTS.alertmanager', 'alertmanager'],
  ['$JS.API.CONSUMER.DELETE.HEMOSTAT_RESULTS.alertmanager', 'operator'],
  ['$JS.ACK.HEMOSTAT_RESULTS.alertmanager.1.1.1.1.0', 'alertmanager'],
  ['$JS.ACK._.ACCOUNT.HEMOSTAT_RESULTS.alertmanager.1.1.1.1.0', 'alertmanager'],
  ...['CREATE', 'UPDATE', 'INFO'].map(
    (verb): Row => [`RESULTS.API.STREAM.${verb}.HEMOSTAT_RESULTS`, 'setup'],
  ),
  ...['DELETE', 'PURGE'].map((verb): Row => [`RESULTS.API.STREAM.${verb}.HEMOSTAT_RESULTS`, '']),
  ['MESH.API.CONSUMER.CREATE.HEMOSTAT_RESULTS.alertmanager', ''],
  ['MESH.DELIVER.S.ID', ''],
];

export const oneByOne: readonly Row[] = [
  ...facts,
  ...requests,
  ...inboxes,
  ...keys,
  ...ofTheServer,
  ...results,
];
