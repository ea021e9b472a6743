import { expect, it } from 'vitest';
import { streams } from '#libs/contracts/subjects';
import type { Evidence, Message } from './evidence.ts';
import { aGoodRun, auditOf, began, ids, patient, restartAt, traceOf } from './examples.ts';
import { checkAll } from './invariants.ts';

const good = aGoodRun();
const offencesOf = (evidence: Evidence): readonly string[] =>
  checkAll(evidence).flatMap(({ invariant, offences }) => offences.map((each) => `${invariant}: ${each}`));
const without = (subject: string): readonly Message[] =>
  good.messages.filter((message) => !message.subject.endsWith(subject));
/** With the audit that such streams have, so that only what is meant is wrong. */
const withMessages = (messages: readonly Message[]): Evidence => ({
  ...good,
  messages,
  auditLines: auditOf(messages),
});
const changed = (subject: string, change: (message: Message) => Message): readonly Message[] =>
  good.messages.map((message) => (message.subject.endsWith(subject) ? change(message) : message));

it('a history in which all is well has no offence', () => {
  expect(offencesOf(good)).toEqual([]);
  expect(checkAll(good).map(({ checked }) => checked)).toEqual([2, 2, 2, 2, 6, 12, 0, 4, 0]);
});

it('what an engine that was killed ends when it is started again is no effect of a step', () => {
  const at = began + 7_900;
  const events = [...good.engineEvents, ...restartAt(at + 100).slice(0, 3)];
  const kill = { at, what: 'engine', process: 'dockerd', replaced_at: at + 400, ready_at: at + 500 } as const;
  expect(offencesOf({ ...good, engineEvents: events, kills: [kill] })).toEqual([]);
  expect(offencesOf({ ...good, engineEvents: events })).toHaveLength(1);
});

const second = `${ids[1]}.complete`;
const broken: readonly (readonly [string, Evidence, readonly RegExp[]])[] = [
  [
    'an accepted id in no fact',
    withMessages(good.messages.slice(0, 6)),
    [/^I1.*in no fact/, /^I1.*stands as nothing/, /^I5.*without an intent/],
  ],
  ['an id that never ends', withMessages(without(second)), [/^I1.*never ended/, /^I1.*stands as nothing/]],
  [
    'a message of the inbox that nobody took up',
    {
      ...good,
      messages: [
        ...good.messages,
        { ...firstMessage(), stream: streams.inbox, subject: 'hemostat.remediation_needed' },
      ],
    },
    [/^I1.*never taken up/],
  ],
  [
    'an id that NATS confirmed and nobody requested',
    {
      ...good,
      attempts: [
        ...good.attempts,
        { ...attempt(0), door: 'nats', key: 'lost', remediation_id: null, outcome: null, status: null },
      ],
    },
    [/^I1.*in no fact/],
  ],
  [
    'an end that comes too late',
    { ...good, run: { ...good.run, ends_within_seconds: 2 } },
    [/^I1.*too late/, /^I1.*too late/],
  ],
  [
    'two terminal facts',
    withMessages([
      ...good.messages,
      { ...lastMessage(), sequence: 13, subject: `${lastMessage().subject}.again` },
    ]),
    [/^I1.*ended 2 times/],
  ],
  [
    'a client that was told another end',
    { ...good, attempts: [attempt(0), { ...attempt(1), outcome: 'failed' }] },
    [/^I1.*told as failed and stands as recovered/],
  ],
  [
    'an end that no result tells of',
    {
      ...good,
      messages: [
        { ...firstMessage(), stream: streams.results, body: { remediation_id: ids[0] } },
        ...good.messages,
      ],
    },
    [/^I1.*no result tells of/],
  ],
  [
    'one key with two ids',
    { ...good, attempts: [attempt(0), { ...attempt(1), key: 'key-0' }] },
    [/^I1.*has 2 ids/],
  ],
  [
    'an effect that happens twice',
    { ...good, engineEvents: [...good.engineEvents, ...restartAt(began + 3_500)] },
    [/^I2.*step 1 took effect 2 times/],
  ],
  [
    'two calls that the engine merged into one restart',
    { ...good, engineEvents: [...good.engineEvents, ...restartAt(began + 3_500).slice(-1)] },
    [/^I2.*took effect 2 times/],
  ],
  [
    'a second start that only the patient betrays',
    { ...good, readings: [{ container_id: patient.id, started_at: began + 4_500 }] },
    [/^I2.*took effect 2 times/],
  ],
  [
    'a success that nothing came of',
    { ...good, engineEvents: good.engineEvents.slice(5) },
    [/^I2.*nothing happened/],
  ],
  [
    'two executions that overlap on a target',
    withMessages(
      changed(`${ids[0]}.complete`, (message) => ({ ...message, sequence: 9.5, stored_at: began + 12_500 })),
    ),
    [/^I3.*before the end of/],
  ],
  [
    'a verdict that the decision would not give again',
    withMessages(
      changed(`${ids[1]}.decided.local`, (message) => ({ ...message, body: refused(message.body) })),
    ),
    [/^I4.*was cooldown_active and would be approved/],
  ],
  [
    'a mutation without an intent',
    { ...good, engineEvents: [...good.engineEvents, ...restartAt(began + 8_000).slice(0, 1)] },
    [/^I5.*signal of web-app-1.*without an intent/],
  ],
  [
    'an intent that was stored only after the effect',
    withMessages(
      changed(`${ids[1]}.step.1.started`, (message) => ({ ...message, stored_at: began + 12_120 })),
    ),
    [/^I5.*signal.*without an intent/],
  ],
  [
    'an audit that lacks a line',
    { ...good, auditLines: good.auditLines.toSpliced(5, 1) },
    [/^I5.*does not continue/, /^I5.*in the audit 0 times/],
  ],
  [
    'an audit with a changed line',
    {
      ...good,
      auditLines: good.auditLines.with(3, (good.auditLines[3] ?? '').replace('success', 'failed!')),
    },
    [/^I5.*record 4 of the audit was changed/],
  ],
  [
    'an audit with a line twice',
    { ...good, auditLines: [...good.auditLines, good.auditLines[11] ?? ''] },
    [/^I5.*does not continue/, /^I5.*in the audit 2 times/],
  ],
  [
    'an audit that says another fact',
    {
      ...good,
      auditLines: auditOf(changed(second, (message) => ({ ...message, body: { type: 'finished' } }))),
    },
    [/^I5.*says another fact/],
  ],
  [
    'a fact in another trace',
    { ...good, messages: changed(second, (message) => ({ ...message, trace_id: 'f'.repeat(32) })) },
    [/^I6.*has 2 traces/],
  ],
  [
    'a log line without a trace id',
    { ...good, logs: [log({ remediation_id: ids[0] })] },
    [/^I6.*without a trace id/],
  ],
  [
    'a log line under another trace',
    { ...good, logs: [log({ remediation_id: ids[0], trace_id: traceOf(ids[1]) })] },
    [/^I6.*another trace/],
  ],
  [
    'a log line that does not say of which remediation it speaks',
    { ...good, logs: [log({ trace_id: traceOf(ids[0]) })] },
    [/^I6.*without its id/],
  ],
  [
    'a start while NATS was out of reach',
    { ...good, cuts: [{ from: began + 1_500, until: began + 2_500 }] },
    [/^I7.*began while/],
  ],
  [
    'a signal to a patient while NATS was out of reach',
    { ...good, cuts: [{ from: began + 2_050, until: began + 2_150 }] },
    [/^I7.*was signalled while/],
  ],
];

it.each(broken)('%s is found', (_, evidence, expected) => {
  const offences = offencesOf(evidence);
  for (const pattern of expected) expect(offences).toContainEqual(expect.stringMatching(pattern));
});

function attempt(at: 0 | 1) {
  const [one, other] = good.attempts;
  const chosen = at === 0 ? one : other;
  if (!chosen) throw new Error('there is no such attempt');
  return chosen;
}

function firstMessage(): Message {
  const [message] = good.messages;
  if (!message) throw new Error('there is no message');
  return message;
}

function lastMessage(): Message {
  return good.messages.at(-1) ?? firstMessage();
}

function refused(body: unknown): object {
  const { remediation_id, at, type } = body as { remediation_id: string; at: string; type: string };
  const gate = { gate: 'cooldown', pass: true, message: 'free' };
  return {
    type,
    remediation_id,
    at,
    verdict: 'refused',
    outcome: 'rejected',
    gates: [gate],
    reason: 'cooldown_active',
    message: 'it rests',
  };
}

function log(line: { readonly remediation_id?: string; readonly trace_id?: string }) {
  const text = `{"about":"${ids[0]}"}`;
  return { process: 'executor-1', line: { service: 'executor', msg: 'executed', ...line }, text };
}
