import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stateFact } from '#libs/bus/fact';
import { subscribe } from '#libs/bus/live';
import { readRemediation } from '#libs/bus/remediation-record';
import { type Decided, decidedSchema, type Requested, requestedSchema } from '#libs/contracts/facts';
import { detailsSchema } from '#libs/contracts/scalars';
import { completeChannel, decidedSubject, requestedSubject, streams } from '#libs/contracts/subjects';
import { toInstant } from '#libs/runtime/instant';
import { type BusGround, startBusGround } from '#libs/testing/bus-ground';
import { aRequested, aTarget } from '#libs/testing/examples';
import { until } from '#libs/testing/until';
import { emptyCell, grantLease } from './cell.ts';
import { targetsOf } from './closing.ts';
import { policyFrom, safetySettingsSchema, timingFrom } from './config.ts';
import { createEnding } from './ending.ts';
import { openState, type SafetyState } from './state.ts';

let ground: BusGround;
let state: SafetyState;
beforeAll(async () => {
  ground = await startBusGround();
  state = await openState(ground.context.bus);
});
afterAll(() => ground[Symbol.asyncDispose]());

const settings = safetySettingsSchema.parse({});
const endingOn = (over: SafetyState) =>
  createEnding(ground.context.bus, over, policyFrom(settings), timingFrom(settings));
const record = ({ remediation_id: id }: Requested) => readRemediation(ground.context.bus, id);
const cellOf = async (requested: Requested) => {
  const [target] = targetsOf(requested);
  return target && (await state.readCell(target)).cell;
};

/** A lease whose time is over, and whoever took it says no more. */
async function leftBehind(): Promise<Requested> {
  const id = randomUUID();
  const target = aTarget(id);
  const now = Date.now();
  const requested = aRequested({ id, target });
  await stateFact(ground.context.bus, requestedSubject(id), requestedSchema, requested);
  const grant = { id, gates: [], expires_at: requested.expires_at };
  await state.compareAndSet(target, 0, grantLease(emptyCell(target), grant, now - 1, now - 2));
  return requested;
}

async function refused(requested: Requested): Promise<void> {
  const { remediation_id: id, engine } = requested;
  const fact: Decided = {
    type: 'decided',
    remediation_id: id,
    at: toInstant(Date.now()),
    verdict: 'refused',
    outcome: 'rejected',
    gates: [],
    reason: 'kill_switch',
    message: 'switched off',
  };
  await stateFact(ground.context.bus, decidedSubject(id, engine), decidedSchema, fact);
}

function hearEnds() {
  const ids: unknown[] = [];
  const heard = subscribe(ground.context.bus, completeChannel, detailsSchema, (body) => {
    ids.push(body.remediation_id);
  });
  return { ids, [Symbol.dispose]: () => heard[Symbol.dispose]() };
}

describe('an end', () => {
  it('is told only when the stream of results has it, where it stands once under its id however often it is told', async () => {
    const requested = await leftBehind();
    await refused(requested);
    const fact = (await record(requested))?.decided?.body;
    if (fact?.verdict !== 'refused') return expect.fail('not refused');
    const { jsm } = ground.context.bus;
    const { config } = await jsm.streams.info(streams.results);
    await jsm.streams.delete(streams.results);
    const tell = () => endingOn(state).tell(requested, { kind: 'decided', fact });
    await expect(tell()).rejects.toThrow();
    await jsm.streams.add(config);
    expect([await tell(), await tell()]).toEqual(['ack', 'ack']);
    const { messages, last_seq: seq } = (await jsm.streams.info(streams.results)).state;
    const stored = await jsm.streams.getMessage(streams.results, { seq });
    expect(stored?.header?.get('Nats-Msg-Id')).toBe(requested.remediation_id);
    expect({ messages, body: stored?.json() }).toMatchObject({ messages: 1, body: { status: 'rejected' } });
  });
});

describe('a lease whose time is over', () => {
  it('ends as refused when nobody ever stated a verdict, where the verdict is looked for, and not as complete beside it', async () => {
    const requested = await leftBehind();
    await endingOn(state).close(requested.remediation_id);
    const { decided, complete } = (await record(requested)) ?? {};
    expect(decided?.body).toMatchObject({ verdict: 'refused', outcome: 'expired', reason: 'expired' });
    expect(complete).toBeUndefined();
    expect((await cellOf(requested))?.lease).toBeNull();
  });

  it('is given back when its remediation was refused, and brings no second end', async () => {
    using heard = hearEnds();
    const requested = await leftBehind();
    await refused(requested);
    await endingOn(state).close(requested.remediation_id);
    const { decided, complete } = (await record(requested)) ?? {};
    expect(decided?.body).toMatchObject({ verdict: 'refused', reason: 'kill_switch' });
    expect(complete).toBeUndefined();
    expect((await cellOf(requested))?.lease).toBeNull();
    await until('the end is heard', async () => heard.ids.includes(requested.remediation_id) || undefined);
  });

  it('is told before it is given back, so that it is told also by who dies with the lease in hand', async () => {
    using heard = hearEnds();
    const requested = await leftBehind();
    const dying: SafetyState = {
      ...state,
      change: async (target, apply) => {
        const wrote = await state.change(target, apply);
        if ((await cellOf(requested))?.lease === null) throw new Error('died');
        return wrote;
      },
    };
    await expect(endingOn(dying).close(requested.remediation_id)).rejects.toThrow('died');
    await until('the end is heard', async () => heard.ids.includes(requested.remediation_id) || undefined);
  });
});
