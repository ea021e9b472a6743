import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { buckets, inboxSubject, storedCopyOf } from '#libs/contracts/subjects';
import { aRequested, aTarget } from '#libs/testing/examples';
import type { RawMessage } from '#libs/testing/raw-nats-client';
import { headerBlocks } from './headers.ts';
import { payloadsLike } from './payloads.ts';

/** Nobody is called so: what is asked of it can do nothing to any container. */
const nobody = aTarget('fuzz-nobody');
const requested = aRequested({ id: '7d4c1f34-3f4e-4f6a-8d0e-5a7b8c9d0e1f', target: nobody });
const { remediation_id, at, plan, expires_at } = requested;
const head = { remediation_id, at };
const log = { step: 1, action: 'restart', status: 'success', result: {} };

const factExamples: Readonly<Record<string, unknown>> = {
  requested,
  'decided.local': {
    ...{ type: 'decided', ...head, verdict: 'approved', gates: [], plan, expires_at },
    ...{ grants: [{ target: nobody, epoch: 1 }] },
    signature: { key_id: '0123456789abcdef', ed25519: `${'A'.repeat(86)}==` },
  },
  'decided.other': { type: 'decided', ...head, verdict: 'refused', outcome: 'rejected', gates: [] },
  'step.1.started': {
    ...{ type: 'started', ...head, n: 1, action: 'restart', target: nobody },
    ...{ evidence: {}, settle_seconds: 15, calls: [] },
  },
  'step.1.executed': {
    ...{ type: 'executed', ...head, n: 1, action: 'restart', status: 'success' },
    ...{ reached_docker: true, observed: false, result: {}, duration_ms: 1 },
  },
  'step.1.verified': {
    ...{ type: 'verified', ...head, n: 1, verdict: 'healthy', message: '', readings: {}, duration_ms: 1 },
  },
  finished: {
    ...{ type: 'finished', ...head, outcome: 'recovered', message: 'x', reached_docker: true },
    execution_log: [log],
  },
  complete: {
    ...{ type: 'complete', ...head, outcome: 'recovered', message: 'x', reached_docker: true },
    ...{ execution_log: [log], targets: [nobody] },
  },
};

const cell = {
  ...{ target: nobody, epoch: 1, lease: null, cooldown: null, back_off: null },
  ...{ breaker: { state: 'closed', attempts: [] }, rate: {} },
};
const inboxExample = {
  ...{ container: 'fuzz-nobody', action: 'restart', reason: 'fuzz', confidence: 0.5, dry_run: true },
  metrics: { cpu: 1 },
};
const act = { type: 'reset', at, actor: 'ann', reason: 'x', targets: [], request: {} };

const token = fc.oneof(
  fc.constantFrom('a', '*', '>', '%2e', 'agent-1', '__proto__', 'x'.repeat(200)),
  fc.stringMatching(/^[A-Za-z0-9_=-]{1,12}$/),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).map((text) => text.replaceAll(/[\s.]/gu, '_')),
);
const id = fc.oneof(
  { weight: 3, arbitrary: fc.uuid() },
  { weight: 1, arbitrary: fc.constantFrom(remediation_id, 'no-id') },
  { weight: 1, arbitrary: token },
);

type Surface = { readonly subject: fc.Arbitrary<string>; readonly example: unknown };

/** Whoever may publish at all may publish here. */
const inbox: readonly Surface[] = [
  { subject: fc.constant(inboxSubject), example: inboxExample },
  {
    subject: fc
      .array(token, { minLength: 1, maxLength: 3 })
      .map((tokens) => [inboxSubject, ...tokens].join('.')),
    example: inboxExample,
  },
];

/** Only who has got round the permissions publishes here. */
const inside: readonly Surface[] = [
  ...Object.entries(factExamples).map(([rest, example]) => ({
    subject: id.map((each) => `hemostat.remediation.${each}.${rest}`),
    example,
  })),
  {
    subject: id.map((each) => `hemostat.remediation.${each}.step.${each}.started`),
    example: factExamples.finished,
  },
  { subject: token.map((each) => `hemostat.remediation.${each}`), example: requested },
  { subject: token.map((each) => `hemostat.safety.reset.${each}`), example: act },
  { subject: token.map((each) => `hemostat.safety.${each}`), example: act },
  { subject: token.map((each) => `hemostat.dead.${each}`), example: { reason: 'x' } },
  { subject: token.map((each) => `hemostat.audit.${each}`), example: { n: 1 } },
  { subject: id.map((each) => storedCopyOf(`hemostat.remediation.${each}.requested`)), example: requested },
  { subject: fc.constant('hemostat.remediation_complete'), example: {} },
];

/** Memory itself. What is broken here a person has to put right; nothing may crash of it. */
const memory: readonly Surface[] = [
  { subject: token.map((each) => `$KV.${buckets.safety}.target.${each}`), example: cell },
  { subject: token.map((each) => `$KV.${buckets.safety}.act.${each}`), example: { state: 'asked' } },
  { subject: token.map((each) => `$KV.${buckets.safety}.${each}`), example: cell },
  { subject: token.map((each) => `$KV.${buckets.audit}.${each}`), example: { n: 1, hash: '0'.repeat(64) } },
];

const messagesOf = (surfaces: readonly Surface[], maxPayload: number): fc.Arbitrary<RawMessage> =>
  fc.oneof(
    ...surfaces.map(({ subject, example }) =>
      fc.record({ subject, headers: headerBlocks, payload: payloadsLike(example, maxPayload) }),
    ),
  );

export const inboxMessages = (maxPayload: number) => messagesOf(inbox, maxPayload);
export const insideMessages = (maxPayload: number) => messagesOf(inside, maxPayload);
export const memoryMessages = (maxPayload: number) => messagesOf(memory, maxPayload);

const questions = [
  {},
  { container: 'fuzz-nobody' },
  { plan },
  { target: nobody },
  { target: 'local/container/fuzz-nobody', actor: 'ann', reason: 'x', request_id: randomUUID() },
  { container: 'fuzz-nobody', action: 'restart', params: {}, limit: 10, since: at, until: at },
];

/** Questions to the verbs that there are. */
export const rpcMessages = (subjects: readonly string[], maxPayload: number): fc.Arbitrary<RawMessage> =>
  messagesOf(
    questions.map((example) => ({ subject: fc.constantFrom(...subjects), example })),
    maxPayload,
  );
