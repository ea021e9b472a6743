import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { publishStored } from '#libs/bus/live';
import { callRpc } from '#libs/bus/rpc';
import { auditVerbs, safetyVerbs, type Verb } from '#libs/contracts/rpc';
import type { Details } from '#libs/contracts/scalars';
import { inboxSubject, rpcSubject, streams } from '#libs/contracts/subjects';
import { composeProject } from '#libs/testing/compose-project';
import { type ContainerOptions, startContainer, type TestContainer } from '#libs/testing/container';
import { testEngine } from '#libs/testing/docker-engine';
import { busyboxImage } from '#libs/testing/images';
import { type MeshGround, startMeshGround } from '#libs/testing/mesh-ground';
import { until } from '#libs/testing/until';
import { events, needed, nested } from './responder-client.ts';

const { docker } = testEngine();
let ground: MeshGround;
let image: string;
beforeAll(async () => {
  image = await busyboxImage(docker);
  const env = { HEMOSTAT_STABILITY_SECONDS: '2', HEMOSTAT_BACK_OFF_SECONDS: '0' };
  ground = await startMeshGround({ env });
}, 120_000);
afterAll(() => ground[Symbol.asyncDispose]());

/** Sends it and does not wait for a word, as one does with Redis. */
const publish = (event: Details): void => ground.client.bus.nc.publish(inboxSubject, JSON.stringify(event));
/** The event of the nth remediation of a container; it may be told more than once. */
const told = (container: string, nth = 1): Promise<Details> =>
  until(
    `event ${nth} of ${container}`,
    () => {
      const all = ground.heard.filter((each) => each.container === container);
      return [...new Map(all.map((each) => [each.remediation_id, each])).values()][nth - 1];
    },
    60_000,
  );
const reason = 'its disk was replaced';
const ask = <Q extends z.ZodType, A extends z.ZodType>(name: string, verb: Verb<Q, A>, request: z.input<Q>) =>
  callRpc(ground.client.bus, rpcSubject('safety', name), verb, request, { timeoutMs: 5_000 });
const status = (which: { container?: string } = {}) => ask('status', safetyVerbs.status, which);
const reset = (which: { container: string } | { all: true }) =>
  ask('reset', safetyVerbs.reset, { ...which, actor: 'ann', reason });
const audit = async (query: Record<string, string>) => {
  const { body } = await ground.mesh.http('GET', `/api/v1/audit?${new URLSearchParams(query)}`);
  return auditVerbs.query.reply.parse(body);
};
const inboxIsEmpty = () =>
  until('the inbox is empty', async () => {
    const { state } = await ground.client.bus.jsm.streams.info(streams.inbox);
    return state.messages === 0 || undefined;
  });

/** Sleeps well until it is restarted; then it ends by itself after so many seconds. */
async function fallsAfter(seconds: number, options: Partial<ContainerOptions> = {}): Promise<TestContainer> {
  const script = `[ -e /tmp/up ] && { sleep ${seconds}; exit 1; }; touch /tmp/up; exec sleep 1000000`;
  const patient = await startContainer(docker, { image, cmd: ['sh', '-c', script], ...options });
  await until(
    'it sleeps',
    async () =>
      JSON.stringify((await patient.container.top()).Processes).includes('sleep 1000000') || undefined,
  );
  return patient;
}

describe('a client written from the document of the HemoStat responder', () => {
  it('has a container restarted, then the cooldown holds under each of its names, until it is reset', async () => {
    const name = `hemostat-test.web.${randomBytes(4).toString('hex')}.v1`;
    await using patient = await startContainer(docker, { image, cmd: ['sleep', '1000000'], name });
    publish(needed(name));
    expect(await told(name)).toEqual(events.success(name, 'Container restarted and running'));
    for (const alias of [patient.id.slice(0, 12), patient.id]) {
      publish(needed(alias));
      const refused = await told(alias);
      expect(refused).toEqual(events.cooldown(alias));
      expect(refused.remaining_seconds).toBeGreaterThan(3_000);
    }
    const [cell] = (await status({ container: name })).cells;
    expect(cell?.cooldown?.remaining_seconds).toBeGreaterThan(3_000);
    expect((await reset({ container: name })).reset).toMatchObject([{ changed: true }]);
    expect((await status({ container: name })).cells).toMatchObject([{ cooldown: null }]);
    publish(nested(name));
    expect(await told(name, 2)).toEqual(events.success(name, 'Container restarted and running'));
    expect(await ground.restartsOf(patient)).toBe(2);
  }, 90_000);

  it('is not told of success where a container falls again, and the breaker opens, until all is reset', async () => {
    await using once = await fallsAfter(1);
    await using loops = await fallsAfter(0, { hostConfig: { RestartPolicy: { Name: 'always' } } });
    publish(needed(once.name));
    for (const attempt of [1, 2, 3]) {
      publish(needed(loops.name));
      expect(await told(loops.name, attempt)).toEqual(events.ineffective(loops.name));
    }
    expect(await told(once.name)).toEqual(events.ineffective(once.name));
    publish(needed(loops.name));
    expect(await told(loops.name, 4)).toEqual(events.breakerOpen(loops.name));
    expect((await status({ container: loops.name })).cells).toMatchObject([
      { breaker: { state: 'open', retry_count: 3 } },
    ]);
    expect(await ground.restartsOf(loops)).toBe(3);
    await reset({ all: true });
    for (const { cooldown, breaker } of (await status()).cells) {
      expect({ cooldown, ...breaker }).toMatchObject({ cooldown: null, state: 'closed', retry_count: 0 });
    }
    const acts = await until('the audit has it', async () => {
      const { records } = await audit({ event: 'reset', container: loops.name });
      return records.length > 0 ? records : undefined;
    });
    expect(acts[0]).toMatchObject({ user: 'ann', reason, result: { request: { all: true } } });
  }, 120_000);

  it('is told how many replicas a Compose service has now', async () => {
    await using compose = composeProject();
    const [one] = [await compose.sibling('api', 1), await compose.sibling('api', 2)];
    publish(needed(one.name, { action: 'scale_up' }));
    expect(await told(one.name)).toMatchObject({
      action: 'scale_up',
      result: {
        status: 'success',
        service: `${compose.project}/api`,
        previous_replicas: 2,
        new_replicas: 3,
      },
    });
  }, 60_000);

  it('is told what is wrong with a name that nobody has, as often as it asks', async () => {
    const nobody = `nobody-${randomUUID()}`;
    for (const nth of [1, 2]) {
      publish(needed(nobody));
      expect(await told(nobody, nth)).toEqual(events.notFound(nobody));
    }
  });

  it('finds the last hundred audit entries of a container, with what the document lists', async () => {
    await using patient = await ground.patient();
    const { name } = patient;
    for (let nth = 1; nth <= 51; nth += 1) publish(needed(name, { dry_run: true }));
    await told(name, 51);
    expect(await told(name)).toEqual(events.dryRun(name));
    const { records } = await until('it is full', async () => {
      const answer = await audit({ container: name, limit: '1000' });
      return answer.truncated ? answer : undefined;
    });
    expect(records).toHaveLength(100);
    const found = await audit({ container: name, action: 'restart', status: 'dry_run' });
    expect(found.records.length).toBeGreaterThan(40);
    for (const record of found.records) {
      const { reason, confidence, metrics } = needed(name);
      expect(record).toMatchObject({ action: 'restart', status: 'dry_run', reason, confidence, metrics });
    }
    expect(await ground.restartsOf(patient)).toBe(0);
  }, 60_000);

  it('gets one restart for one key, however it is given and though nats-server is killed in between', async () => {
    await using patient = await ground.patient();
    const key = randomUUID();
    await publishStored(ground.client.bus, inboxSubject, needed(patient.name), key);
    await told(patient.name);
    await reset({ all: true });
    await ground.server.kill9();
    await ground.server.restart();
    await ground.mesh.ready();
    await publishStored(ground.client.bus, inboxSubject, nested(patient.name), key);
    await publishStored(ground.client.bus, inboxSubject, needed(patient.name, { remediation_id: key }));
    await inboxIsEmpty();
    publish(needed(patient.name, { dry_run: true }));
    expect(await told(patient.name, 2)).toEqual(events.dryRun(patient.name));
    expect(await ground.restartsOf(patient)).toBe(1);
  }, 90_000);

  it('only plays where RESPONDER_DRY_RUN is set', async () => {
    await using patient = await ground.patient();
    await Promise.all(ground.mesh.of('gateway').map((each) => each.stop()));
    await ground.mesh.start('gateway', { RESPONDER_DRY_RUN: 'true' });
    publish(needed(patient.name));
    expect(await told(patient.name)).toEqual(events.dryRun(patient.name));
    expect(await ground.restartsOf(patient)).toBe(0);
  }, 60_000);
});
