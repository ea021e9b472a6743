import { type BreakGlass, breakGlassSchema } from '#libs/contracts/gates';
import { redact, redactText } from '#libs/contracts/redact';
import type { Details } from '#libs/contracts/scalars';
import { inboxSubject, principalOfInbox } from '#libs/contracts/subjects';
import { parseTargetId, type Target, targetId, targetSchema } from '#libs/contracts/target';
import type { Draft } from '../chain/seal.ts';
import { eventOf, type Heard, remediationOf } from './heard.ts';
import { containerOf, type Origin } from './origin.ts';

/** A record to be, and the targets that it concerns; none: the mesh as a whole. */
export type Drafted = { readonly draft: Draft; readonly targets: readonly Target[] };

/** The record of a message, whatever it is: what cannot be understood is recorded as it came. Pure. */
export function draftOf(heard: Heard, origin: Origin | undefined): Drafted {
  const { stream, sequence, storedAt, traceId } = heard;
  const fact = asObject(heard.body) ?? { text: heard.body };
  const event = eventOf(heard.subject);
  const id = remediationOf(heard.subject);
  const words =
    id === undefined ? wordsOfAct(event, fact) : origin ? wordsOfRemediation(event, fact, origin) : {};
  const targets = targetsOf(event, fact, origin);
  const [first] = targets;
  const draft: Draft = {
    timestamp: storedAt,
    stream,
    sequence,
    event,
    remediation_id: id,
    trace_id: traceId,
    status: statusOf(event, fact),
    target: first && targetId(first),
    ...words,
    result: redact(fact) as Details,
  };
  return { draft: defined(draft), targets };
}

/** The targets that a fact is about: a step's own, else all of its remediation; those that an act names. */
export function targetsOf(event: string, fact: Details, origin: Origin | undefined): readonly Target[] {
  const step = stepTargetOf(event, fact, origin);
  if (step) return [step];
  if (origin) return origin.targets.map(({ target }) => target);
  const named = Array.isArray(fact.targets) ? fact.targets : [];
  return named.flatMap((id: unknown) => (typeof id === 'string' ? (parseTargetId(id) ?? []) : []));
}

function stepTargetOf(event: string, fact: Details, origin: Origin | undefined): Target | undefined {
  if (event !== 'started' && event !== 'executed' && event !== 'verified') return undefined;
  const own = targetSchema.safeParse(fact.target);
  if (own.success) return own.data;
  return typeof fact.n === 'number' ? origin?.stepTargets.get(fact.n) : undefined;
}

function wordsOfRemediation(event: string, fact: Details, origin: Origin): Partial<Draft> {
  const step = stepTargetOf(event, fact, origin);
  return {
    user: origin.principal,
    container: (step && containerOf(origin, step)) ?? origin.container,
    action: (step && text(fact.action)) ?? origin.action,
    reason: origin.reason && redactText(origin.reason),
    confidence: origin.confidence,
    metrics: origin.metrics && (redact(origin.metrics) as Details),
    params: redact(origin.params) as Details,
    break_glass: brokenGlassIn(fact),
  };
}

function brokenGlassIn({ break_glass }: Details): BreakGlass | undefined {
  const broken = breakGlassSchema.safeParse(break_glass);
  return broken.success
    ? { ...broken.data, reason: redactText(broken.data.reason).slice(0, 2_000) }
    : undefined;
}

function wordsOfAct(event: string, fact: Details): Partial<Draft> {
  if (event === 'dead_letter') {
    const subject = text(fact.subject) ?? '';
    const user = subject.startsWith(inboxSubject) ? principalOfInbox(subject) : undefined;
    return { user, reason: redactText(text(fact.message) ?? '').slice(0, 2_000) };
  }
  return {
    user: text(fact.actor),
    action: event,
    reason: redactText(text(fact.reason) ?? ''),
    params: redact(asObject(fact.request) ?? {}) as Details,
  };
}

/** The word that tells most: how it ended, what was decided, what came of a step. */
function statusOf(event: string, fact: Details): string | undefined {
  if (event === 'dead_letter') return text(fact.reason);
  const resolution = asObject(fact.resolution)?.status;
  return text(fact.outcome) ?? text(fact.verdict) ?? text(fact.status) ?? text(resolution);
}

function asObject(value: unknown): Details | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Details)
    : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function defined<T extends object>(record: T): T {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as T;
}
