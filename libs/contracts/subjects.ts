import { type Target, targetId } from './target.ts';
import { encodeToken } from './token.ts';

/** Every subject, stream and bucket of the mesh. Nothing else in the project spells one out. */

export const streams = {
  facts: 'HEMOSTAT',
  inbox: 'HEMOSTAT_INBOX',
  results: 'HEMOSTAT_RESULTS',
  audit: 'HEMOSTAT_AUDIT',
  dead: 'HEMOSTAT_DEAD',
  checkpoints: 'HEMOSTAT_CHECKPOINTS',
} as const;
export const buckets = { safety: 'hemostat_safety', audit: 'hemostat_audit' } as const;
export const consumers = {
  inbox: 'gateway-inbox',
  requests: 'safety-requested',
  progress: 'safety-progress',
  finished: 'safety-finished',
  executor: (engine: string) => `executor-${engine}`,
  audit: 'audit-facts',
  auditDead: 'audit-dead',
} as const;

export const inboxSubject = 'hemostat.remediation_needed';
export const inboxBelow = 'hemostat.remediation_needed.>';
export const completeChannel = 'hemostat.remediation_complete';

export const allFacts = 'hemostat.remediation.>';
export const allSafetyActs = 'hemostat.safety.>';
export const anyRequested = 'hemostat.remediation.*.requested';
export const anyFinished = 'hemostat.remediation.*.finished';
export const anyStep = 'hemostat.remediation.*.step.>';
export const anyDecidedOf = (engine: string): string => `hemostat.remediation.*.decided.${engine}`;
export const anyDecided = anyDecidedOf('*');
export const anyComplete = 'hemostat.remediation.*.complete';

const fact = (id: string, rest: string): string => `hemostat.remediation.${id}.${rest}`;
export const factsOf = (id: string): string => fact(id, '>');
export const requestedSubject = (id: string): string => fact(id, 'requested');
export const decidedSubject = (id: string, engine: string): string => fact(id, `decided.${engine}`);
export const startedSubject = (id: string, n: number): string => fact(id, `step.${n}.started`);
export const executedSubject = (id: string, n: number): string => fact(id, `step.${n}.executed`);
export const verifiedSubject = (id: string, n: number): string => fact(id, `step.${n}.verified`);
export const finishedSubject = (id: string): string => fact(id, 'finished');
export const completeSubject = (id: string): string => fact(id, 'complete');
/** The remediation that a fact's subject speaks of. */
export const remediationIdOf = (factSubject: string): string => factSubject.split('.')[2] ?? '';

const root = 'hemostat.';
/** All that the mesh says, its requests included. */
export const everything = `${root}>`;
const storedRoot = 'hemostat.stored.';
/** Where the server says a fact again after it was stored, for live subscribers; nobody else publishes there. */
export const storedCopyOf = (factSubject: string): string => factSubject.replace(root, storedRoot);
export const originalOf = (storedCopy: string): string => storedCopy.replace(storedRoot, root);

/** An act of a person on safety itself (reset, kill switch), so that the audit hears of it. */
export const safetyActSubject = (verb: 'reset' | 'control', id: string): string =>
  `hemostat.safety.${verb}.${id}`;

export const auditAll = 'hemostat.audit.>';
export const auditSubject = (target: Target): string => `hemostat.audit.${encodeToken(targetId(target))}`;
/** For what concerns no known target: poison, unknown containers, acts on the whole mesh. */
export const auditMeshSubject = 'hemostat.audit.mesh';

/** What the audit was at a moment, signed. */
export const checkpointSubject = 'hemostat.checkpoint';

export const deadAll = 'hemostat.dead.>';
export const deadSubject = (reason: string): string => `hemostat.dead.${encodeToken(reason)}`;

export const targetKey = (target: Target): string => `target.${encodeToken(targetId(target))}`;
export const controlKey = 'control';
/** What becomes of one act of a person on safety. */
export const actKey = (requestId: string): string => `act.${requestId}`;
export const anyAct = 'act.*';
export const requestIdOf = (key: string): string => key.slice('act.'.length);

export const rpcSubject = (service: string, verb: string): string => `hemostat.rpc.${service}.${verb}`;
/** Where every replica of a service says that it is there (the NATS services protocol). */
export const servicePing = (service: string): string => `$SRV.PING.hemostat-${service}`;
export const executorRpcSubject = (engine: string, verb: string): string =>
  `hemostat.rpc.executor.${engine}.${verb}`;

/** The principal that a message below the inbox subject speaks for; `anonymous` on the bare subject. */
export function principalOfInbox(subject: string): string {
  const token = subject.split('.')[2];
  return token === undefined || token === '' ? 'anonymous' : token;
}
