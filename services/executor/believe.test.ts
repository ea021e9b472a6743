import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publishStored } from '#libs/bus/live';
import { keyIdOf, signerWith } from '#libs/contracts/decision-signature';
import type { Approved } from '#libs/contracts/facts';
import { deadAll, decidedSubject } from '#libs/contracts/subjects';
import type { TestContainer } from '#libs/testing/container';
import { aTarget } from '#libs/testing/examples';
import { approve, finishedOf } from '#libs/testing/played-safety';
import { playVerifier } from '#libs/testing/played-verifier';
import { startServiceGround, targetOf } from '#libs/testing/service-ground';
import { until } from '#libs/testing/until';
import { startExecutor } from './service.ts';

const ground = await startServiceGround();
const { bus } = ground.context;
const stack = new AsyncDisposableStack();
const letters = new Map<string, { readonly reason: string; readonly sequence: number }>();
const since = Date.now();
let patient: TestContainer;
let approved: Approved;

const signer = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { publicKey, sign: signerWith(privateKey, keyIdOf(publicKey)) };
};
const effects = async (): Promise<readonly number[]> =>
  Promise.all(['restart', 'kill', 'die', 'stop'].map((action) => ground.count(patient, action, since)));

/** Publishes as somebody who may publish anything, and waits for what the executor says of it. */
async function refusalOf(subject: string, decision: unknown): Promise<string> {
  const before = letters.get(subject)?.sequence ?? 0;
  await publishStored(bus, subject, decision as object);
  const letter = await until('there is a dead letter', () => {
    const found = letters.get(subject);
    return found && found.sequence > before ? found : undefined;
  });
  return letter.reason;
}

beforeAll(async () => {
  const sub = bus.nc.subscribe(deadAll, {
    callback: (_, message) => {
      const { subject, reason, sequence } = message.json<{
        subject: string;
        reason: string;
        sequence: number;
      }>();
      letters.set(subject, { reason, sequence });
    },
  });
  stack.defer(() => sub.unsubscribe());
  stack.use(await playVerifier(bus));
  patient = stack.use(await ground.patient());
  // Leased, signed and whole, but published nowhere yet where an executor could find it.
  const target = { ...targetOf(patient), engine: 'nobody' };
  approved = await approve(bus, { target });
  stack.use(await startExecutor({ env: ground.env, signal: ground.signal }));
});
afterAll(async () => {
  await stack.disposeAsync();
  await ground[Symbol.asyncDispose]();
});

describe('nothing is done, and a dead letter says why,', () => {
  /** Each is what an executor of `local` would act upon, were it signed. */
  const forged = (change: Partial<Approved> = {}): Approved => {
    const id = randomUUID();
    const target = targetOf(patient);
    const grants = [{ target, epoch: 1 }];
    const steps = approved.plan.steps.map((step) => ({ ...step, target }));
    return { ...approved, remediation_id: id, grants, plan: { ...approved.plan, steps }, ...change };
  };
  const refused = (decision: Approved) =>
    refusalOf(decidedSubject(decision.remediation_id, 'local'), decision);

  it('of a decision without a signature', async () => {
    const { signature: _, ...unsigned } = forged();
    expect(await refused(unsigned)).toBe('unsigned_decision');
  });

  it('of one that was signed with another key, also when it claims to be safety’s', async () => {
    const { sign } = signer();
    const other = sign(forged());
    expect(await refused(other)).toBe('unknown_key');
    const key_id = approved.signature?.key_id ?? '';
    const ed25519 = other.signature?.ed25519 ?? '';
    expect(await refused({ ...forged(), signature: { key_id, ed25519 } })).toBe('bad_signature');
  });

  it('of one in which any member was changed', async () => {
    const target = aTarget('another');
    const [step] = approved.plan.steps;
    const changes: Partial<Approved>[] = [
      { remediation_id: randomUUID() },
      { at: '2024-11-02T19:45:30.000Z' },
      { break_glass: { gates: ['cooldown'], principal: 'eve', reason: 'because' } },
      { gates: [{ gate: 'busy', pass: true, message: '' }] },
      { grants: [{ target: targetOf(patient), epoch: 1 }] },
      { grants: approved.grants.map((grant) => ({ ...grant, epoch: grant.epoch + 1 })) },
      { grants: [...approved.grants, { target, epoch: 1 }] },
      { plan: { ...approved.plan, runbook: 'other' } },
      { plan: { ...approved.plan, steps: step ? [step, { ...step, n: 2 }] : [] } },
      { plan: { ...approved.plan, steps: step ? [{ ...step, action: 'kill' }] : [] } },
      { plan: { ...approved.plan, steps: step ? [{ ...step, target }] : [] } },
      { plan: { ...approved.plan, steps: step ? [{ ...step, params: { grace: 1 } }] : [] } },
      { expires_at: '2099-11-02T19:45:30.000Z' },
    ];
    for (const change of changes) {
      const subject = decidedSubject(change.remediation_id ?? approved.remediation_id, 'local');
      const reason = await refusalOf(subject, { ...approved, ...change });
      expect([change, reason]).toEqual([change, 'bad_signature']);
    }
  });

  it('of one that belongs to another remediation or to another engine', async () => {
    expect(await refusalOf(decidedSubject(randomUUID(), 'local'), approved)).toBe('replayed_decision');
    const own = decidedSubject(approved.remediation_id, 'local');
    expect(await refusalOf(own, approved)).toBe('replayed_decision');
  });

  afterAll(async () => expect(await effects()).toEqual([0, 0, 0, 0]));
});

it('a decision is carried out once, and a copy of it after its end is a replay', async () => {
  await using healed = await ground.patient();
  const genuine = await approve(bus, { target: targetOf(healed) });
  expect(await finishedOf(bus, genuine.remediation_id)).toMatchObject({ outcome: 'recovered' });
  const subject = decidedSubject(genuine.remediation_id, 'local');
  expect(await refusalOf(subject, genuine)).toBe('replayed_decision');
  expect(await ground.count(healed, 'restart', since)).toBe(1);
});
