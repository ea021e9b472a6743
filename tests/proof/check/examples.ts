import { createHash } from 'node:crypto';
import type { Complete, Decided, Executed, Finished, Started } from '#libs/contracts/facts';
import { canonicalJson } from '#libs/contracts/json';
import { streams } from '#libs/contracts/subjects';
import { toInstant } from '#libs/runtime/instant';
import { aRequested, aTarget } from '#libs/testing/examples';
import type { EngineEvent, Evidence, Message } from './evidence.ts';

/** A history of two restarts of one patient, one after the other, in which everything is as it should be. */

export const began = Date.parse('2026-01-01T12:00:00.000Z');
export const ids = ['00000000-0000-8000-8000-000000000001', '00000000-0000-8000-8000-000000000002'] as const;
export const patient = { name: 'web-app-1', id: 'a'.repeat(64) };
const target = aTarget(patient.name);
const betweenMs = 10_000;

export const traceOf = (id: string): string => createHash('md5').update(id).digest('hex');

/** The facts of the nth restart: requested, decided, started, executed, finished, complete, a second apart. */
function factsOf(nth: 0 | 1): readonly (readonly [string, object])[] {
  const id = ids[nth];
  const from = began + nth * betweenMs;
  const at = (second: number) => ({ remediation_id: id, at: toInstant(from + second * 1_000) });
  const requested = aRequested({ id, target, now: from });
  const step = { n: 1, action: 'restart' } as const;
  const decided: Decided = {
    type: 'decided',
    ...at(1),
    verdict: 'approved',
    gates: [],
    grants: [{ target, epoch: nth + 1 }],
    plan: requested.plan ?? { runbook: 'restart', steps: [] },
    expires_at: requested.expires_at,
  };
  const started: Started = {
    type: 'started',
    ...at(2),
    ...step,
    target,
    evidence: { container_id: patient.id },
    settle_seconds: 6,
    calls: [],
  };
  const executed: Executed = {
    type: 'executed',
    ...at(3),
    ...step,
    status: 'success',
    reached_docker: true,
    observed: false,
    result: {},
    duration_ms: 900,
  };
  const end = { outcome: 'recovered', message: 'well', reached_docker: true, execution_log: [] } as const;
  const finished: Finished = { type: 'finished', ...at(4), ...end, execution_log: [] };
  const complete: Complete = { type: 'complete', ...at(5), ...end, execution_log: [], targets: [target] };
  return [
    ['requested', requested],
    ['decided.local', decided],
    ['step.1.started', started],
    ['step.1.executed', executed],
    ['finished', finished],
    ['complete', complete],
  ];
}

const messagesOf = (nth: 0 | 1): readonly Message[] =>
  factsOf(nth).map(([subject, body], second) => ({
    stream: streams.facts,
    sequence: nth * 6 + second + 1,
    stored_at: began + nth * betweenMs + second * 1_000,
    subject: `hemostat.remediation.${ids[nth]}.${subject}`,
    trace_id: traceOf(ids[nth]),
    body,
  }));

/** What the engine tells of a restart that begins then. */
export function restartAt(at: number): readonly EngineEvent[] {
  const actions = ['kill', 'die', 'stop', 'start', 'restart'];
  return actions.map((Action, n) => ({
    Action,
    Actor: { ID: patient.id, Attributes: Action === 'kill' ? { signal: '15' } : {} },
    timeNano: (at + n * 10) * 1e6,
  }));
}

/** The audit's lines of these messages, each sealed to the one before. */
export function auditOf(messages: readonly Message[]): readonly string[] {
  let prev = '0'.repeat(64);
  return messages.map(({ stream, sequence, body }, at) => {
    const record = { n: at + 1, prev, stream, sequence, result: body };
    const hash = createHash('sha256').update(canonicalJson(record)).digest('hex');
    prev = hash;
    return canonicalJson({ ...record, hash });
  });
}

export function aGoodRun(): Evidence {
  const messages = [...messagesOf(0), ...messagesOf(1)];
  return {
    run: {
      seed: 1,
      began_at: began,
      last_fault_at: began,
      ends_within_seconds: 120,
      settings: { RESPONDER_COOLDOWN_SECONDS: '0', HEMOSTAT_RATE_LIMIT: '100' },
      patients: [patient],
    },
    attempts: ids.map((id, nth) => ({
      door: 'http',
      principal: 'anonymous',
      key: `key-${nth}`,
      asked: 'gateway-1',
      sent_at: began + nth * betweenMs,
      ended_at: began + nth * betweenMs + 6_000,
      answered: true,
      status: 200,
      remediation_id: id,
      outcome: 'recovered',
    })),
    messages,
    auditLines: auditOf(messages),
    engineEvents: ids.flatMap((_, nth) => restartAt(began + nth * betweenMs + 2_100)),
    readings: [],
    kills: [],
    cuts: [],
    logs: ids.map((id) => ({
      process: 'executor-1',
      line: { service: 'executor', msg: 'executed', remediation_id: id, trace_id: traceOf(id) },
      text: `{"remediation_id":"${id}"}`,
    })),
  };
}
