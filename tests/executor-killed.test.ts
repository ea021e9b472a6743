import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stateFact } from '#libs/bus/fact';
import { startedSchema } from '#libs/contracts/facts';
import { startedSubject } from '#libs/contracts/subjects';
import { toInstant } from '#libs/runtime/instant';
import type { TestContainer } from '#libs/testing/container';
import { type MeshGround, startMeshGround } from '#libs/testing/mesh-ground';
import { until } from '#libs/testing/until';

let ground: MeshGround;
beforeAll(async () => {
  ground = await startMeshGround({ env: { ACTION_TIMEOUT_SECONDS: '5' } });
}, 120_000);
afterAll(() => ground[Symbol.asyncDispose]());

/** Ignores SIGTERM, so that a restart takes the whole grace of three seconds. */
const stubborn = (): Promise<TestContainer> =>
  ground.patient({ cmd: ['sh', '-c', "trap '' TERM; while true; do sleep 1; done"], stopTimeout: 3 });

async function ask(target: TestContainer): Promise<string> {
  const { body } = await ground.post({ container: target.name, action: 'restart' });
  return String(body.remediation_id);
}
const stepOf = async (id: string) => (await ground.record(id))?.steps[0];
const outcomeOf = (id: string, withinMs = 60_000): Promise<string> =>
  until('complete', async () => (await ground.record(id))?.complete?.body.outcome, withinMs);
const only = () => {
  const running = ground.mesh.of('executor').at(-1);
  if (!running) throw new Error('no executor runs');
  return running;
};

describe('an executor that is killed with kill -9', () => {
  it('before it began: another one carries the remediation out, once', async () => {
    await using target = await ground.patient();
    const id = await ask(target);
    await only().kill9();
    await ground.mesh.start('executor');
    expect(await outcomeOf(id)).toBe('recovered');
    expect(await ground.restartsOf(target)).toBe(1);
  }, 90_000);

  it('during the Docker call: another one sees that it took effect, and does not repeat it', async () => {
    await using target = await stubborn();
    const id = await ask(target);
    await until(
      'Docker began to stop it',
      async () => (await ground.eventsOf(target, 'kill')) > 0 || undefined,
    );
    await only().kill9();
    await ground.mesh.start('executor');
    expect(await outcomeOf(id)).toBe('recovered');
    expect((await stepOf(id))?.executed?.body).toMatchObject({ status: 'success', observed: true });
    expect(await ground.restartsOf(target)).toBe(1);
  }, 90_000);

  it('after the Docker call: another one goes on with the verification', async () => {
    await using target = await ground.patient();
    const id = await ask(target);
    await until('executed', async () => (await stepOf(id))?.executed);
    await only().kill9();
    await ground.mesh.start('executor');
    expect(await outcomeOf(id)).toBe('recovered');
    expect(await ground.restartsOf(target)).toBe(1);
  }, 90_000);

  it('between the intent and the call: nobody calls for it, and its end is unknown', async () => {
    await using target = await ground.patient();
    await Promise.all(ground.mesh.of('safety').map((each) => each.kill9()));
    const id = await ask(target);
    await only().kill9();
    // What a process leaves that stated its intent and died before the call.
    const { StartedAt } = (await target.container.inspect()).State;
    await stateFact(ground.client.bus, startedSubject(id, 1), startedSchema, {
      type: 'started',
      remediation_id: id,
      at: toInstant(Date.now()),
      n: 1,
      action: 'restart',
      target: { engine: 'local', kind: 'container', name: target.name },
      evidence: { container_id: target.id, started_at: StartedAt },
      settle_seconds: 2,
      calls: [],
    });
    await ground.mesh.start('safety');
    await ground.mesh.start('executor');
    expect(await outcomeOf(id)).toBe('unknown');
    expect(await ground.restartsOf(target)).toBe(0);
  }, 90_000);
});
