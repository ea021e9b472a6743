import { afterAll, describe, expect, it } from 'vitest';
import type { ContainerAction, Patient } from '#libs/actions/action';
import type { EngineCall } from '#libs/actions/engine-port';
import { restart } from '#libs/actions/restart';
import { scaleDown } from '#libs/actions/scale-down';
import { scaleUp } from '#libs/actions/scale-up';
import { readService } from '#libs/actions/swarm/service';
import type { Details } from '#libs/contracts/scalars';
import { readConfig } from '#libs/runtime/config';
import { testEngine } from '#libs/testing/docker-engine';
import { aSwarmPatient, prepared, refusal } from '#libs/testing/patient-example';
import { type SwarmGround, startSwarm } from '#libs/testing/swarm-ground';
import { executorSettingsSchema } from './config.ts';
import { openEngine } from './docker/docker-engine.ts';
import { readSwarmService } from './docker/service-reading.ts';

const found = await startSwarm();
if (!found) console.warn('skipped: no Swarm can be had here');
const engineAt = (DOCKER_HOST: string) => openEngine(readConfig(executorSettingsSchema, { DOCKER_HOST }));

/** Just after the look at the service, and just before the calls. */
async function surveyed(
  engine: ReturnType<typeof engineAt>,
  action: ContainerAction,
  name: string,
  params: Details = {},
): Promise<Patient> {
  const target = { engine: 'local', kind: 'swarm', name } as const;
  const look = await readService(engine, name);
  const service =
    look.is === 'service' ? { id: look.service.ID, version: look.service.Version.Index } : undefined;
  const bound = { containers: [], ...(service ? { service } : {}) };
  const patient = { ...aSwarmPatient(), target, bound, container_name: name };
  return { ...patient, surveyed: (await action.survey?.(engine, patient, params)) ?? {} };
}

describe.skipIf(!found)('a Swarm service that somebody else changes between the look and the call', () => {
  const swarm = found as SwarmGround;
  const engine = engineAt(swarm?.dockerHost ?? 'unix:///nowhere');
  afterAll(async () => {
    engine[Symbol.dispose]();
    await swarm[Symbol.asyncDispose]();
  });
  /** Counts the calls that reach the engine. */
  const portsWith = (made: EngineCall[]) => ({
    reader: engine,
    engine: {
      ...engine,
      call: (call: EngineCall, signal: AbortSignal) => {
        made.push(call);
        return engine.call(call, signal);
      },
    },
  });
  const label = async (name: string, value: string): Promise<void> => {
    const { Version, Spec } = await swarm.inspect(name);
    const Labels = { changed: value };
    await swarm.docker.getService(name).update({ version: Version.Index, ...Spec, Labels });
  };
  const signal = AbortSignal.timeout(20_000);

  it('is restarted all the same, once, and keeps what the other one changed', async () => {
    const name = await swarm.service();
    const patient = await surveyed(engine, restart, name);
    const ready = prepared(restart, patient);
    await label(name, 'yes');
    const made: EngineCall[] = [];
    const result = await restart.run(portsWith(made), patient, ready, signal);
    const { Spec } = await swarm.inspect(name);
    expect(Spec).toMatchObject({ Labels: { changed: 'yes' }, TaskTemplate: { ForceUpdate: 1 } });
    expect(made.map(({ method, path }) => [method, path.at(-1)])).toEqual([
      ['POST', 'update'],
      ['POST', 'update'],
    ]);
    expect(result).toMatchObject({ details: 'Service restarted', service: name });
  }, 60_000);

  it('is scaled all the same, and not when the other one has scaled it, too', async () => {
    const name = await swarm.service();
    const patient = await surveyed(engine, scaleUp, name, { replicas: 3 });
    const ready = prepared(scaleUp, patient, { replicas: 3 });
    await label(name, 'again');
    await scaleUp.run(portsWith([]), patient, ready, signal);
    expect(await swarm.inspect(name)).toMatchObject({
      Spec: { Labels: { changed: 'again' }, Mode: { Replicated: { Replicas: 3 } } },
    });
    await expect(scaleUp.run(portsWith([]), patient, ready, signal)).rejects.toThrow(
      `somebody else has scaled ${name} to 3 at this moment; nothing was done`,
    );
  }, 60_000);

  it('shows afterwards whether the call took effect', async () => {
    const name = await swarm.service();
    const patient = await surveyed(engine, restart, name);
    const { evidence } = prepared(restart, patient);
    const read = () => readSwarmService(engine, name);
    expect(restart.observe(evidence, await read())).toMatchObject({ kind: 'not_seen_yet' });
    await label(name, 'no restart');
    expect(restart.observe(evidence, await read())).toMatchObject({ kind: 'not_seen_yet' });
    await restart.run(portsWith([]), patient, prepared(restart, patient), signal);
    expect(restart.observe(evidence, await read())).toMatchObject({ kind: 'happened' });

    const scaling = prepared(scaleUp, await surveyed(engine, scaleUp, name));
    expect(scaleUp.observe(scaling.evidence, await read())).toMatchObject({ kind: 'not_seen_yet' });
    await scaleUp.run(portsWith([]), patient, scaling, signal);
    expect(scaleUp.observe(scaling.evidence, await read())).toMatchObject({
      kind: 'happened',
      result: { service: name, previous_replicas: 1, new_replicas: 2 },
    });
  }, 60_000);

  it('that was removed and made anew under the same name is another one', async () => {
    const name = await swarm.service();
    const patient = await surveyed(engine, restart, name);
    const bound = { containers: [], service: { id: 'another', version: 1 } };
    expect(restart.prepare({ ...patient, bound }, {})).toMatchObject({
      kind: 'not_applicable',
      code: 'replaced',
    });
    expect(await readSwarmService(engine, name, 'another')).toMatchObject({
      exists: false,
      replaced_by: { container_name: name },
    });
  }, 60_000);

  it('that is protected by its own label is left alone', async () => {
    const name = await swarm.service({ replicas: 2, labels: { 'hemostat.protect': 'yes' } });
    for (const action of [restart, scaleUp, scaleDown]) {
      const patient = await surveyed(engine, action, name);
      expect(refusal(action, patient)).toContain('label hemostat.protect');
    }
  }, 60_000);
});

describe('an engine that is no manager of a Swarm', () => {
  it('says so, and whom to ask', async () => {
    using engine = engineAt(testEngine().dockerHost);
    for (const action of [restart, scaleUp, scaleDown]) {
      const patient = await surveyed(engine, action, 'api');
      expect(refusal(action, patient)).toContain('no manager of its Swarm');
    }
    expect(await readSwarmService(engine, 'api')).toBeUndefined();
  });
});
