import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loginWith } from '#libs/bus/permissions/nkey-files';
import type { Role } from '#libs/bus/permissions/work';
import { deadSubject, requestedSubject, streams } from '#libs/contracts/subjects';
import type { TestContainer } from '#libs/testing/container';
import { type LockedMesh, startLockedMesh } from '#libs/testing/locked-mesh';
import { until } from '#libs/testing/until';

describe('a mesh whose services have no right more than they need', () => {
  let ground: LockedMesh;
  let patient: TestContainer;
  beforeAll(async () => {
    ground = await startLockedMesh();
    patient = await ground.patient();
  }, 180_000);
  afterAll(async () => {
    await patient?.[Symbol.asyncDispose]();
    await ground?.[Symbol.asyncDispose]();
  });

  it('heals a container, and one for a publisher without credentials, who hears how it ended', async () => {
    const { mesh, nats } = ground;
    const ask = { container: patient.name, action: 'restart' };
    const wait = { prefer: 'wait=60' };
    const answer = await mesh.http('POST', '/api/v1/remediations', ask, wait);
    expect(answer).toMatchObject({ status: 200, body: { outcome: 'recovered' } });
    await using other = await ground.patient();
    const nc = await connect({ servers: nats.server.url });
    const heard: string[] = [];
    nc.subscribe('hemostat.remediation_complete', {
      callback: (_, message) => void heard.push(message.string()),
    });
    const stored = await nc.request(
      'hemostat.remediation_needed',
      JSON.stringify({ ...ask, container: other.name }),
    );
    expect(stored.json()).toMatchObject({ stream: 'HEMOSTAT_INBOX' });
    const event = await until('it is told', () => heard.find((text) => text.includes(other.name)), 60_000);
    expect(JSON.parse(event)).toMatchObject({ outcome: 'recovered' });
    nc.publish('hemostat.remediation_needed', 'poison');
    await nc.close();
  }, 120_000);

  it('answers everything that people ask of it', async () => {
    const reason = { reason: 'a test' };
    const asked: readonly (readonly [method: string, path: string, body?: object])[] = [
      ['GET', '/api/v1/remediations?limit=20'],
      ['GET', '/api/v1/targets'],
      ['GET', '/api/v1/audit?limit=10'],
      ['GET', '/api/v1/audit/verify'],
      ['GET', '/api/v1/safety/status'],
      ['GET', `/api/v1/safety/explain?container=${patient.name}`],
      ['GET', '/api/v1/safety/rebuild'],
      ['POST', '/api/v1/replay', { policy: { RESPONDER_COOLDOWN_SECONDS: 5 } }],
      ['POST', '/api/v1/safety/control', { kill_switch: 'on', ...reason }],
      ['POST', '/api/v1/safety/control', { kill_switch: 'off', ...reason }],
      ['POST', '/api/v1/safety/reset', { all: true, ...reason }],
      ['POST', '/api/v1/remediations', { container: patient.name, action: 'restart', dry_run: true }],
      ['POST', '/api/v1/remediations', { action: 'cleanup', params: { project: 'nobody' } }],
    ];
    for (const [method, path, body] of asked) {
      const { status, body: said } = await ground.mesh.http(method, path, body);
      expect({ path, status, said: status < 300 ? 'well' : said }).toMatchObject({ said: 'well' });
    }
    const elsewhere = { container: patient.name, action: 'restart', engine: 'nowhere' };
    const { status, body } = await ground.mesh.http('POST', '/api/v1/remediations', elsewhere);
    expect({ status, code: body.code }).toEqual({ status: 400, code: 'invalid_request' });
  }, 120_000);

  it('a fact that nobody can read is a dead letter, and does not come again for ever', async () => {
    const { nats } = ground;
    const servers = nats.server.url;
    const login = async (role: Role) =>
      connect({ servers, authenticator: loginWith(role, await readFile(nats.keyFile(role), 'utf8')) });
    const gateway = await login('gateway');
    const subject = requestedSubject(randomUUID());
    gateway.publish(subject, '{"no": "fact"}');
    await gateway.drain();
    const operator = await login('operator');
    const jsm = await jetstreamManager(operator, { checkAPI: false });
    const query = { last_by_subj: deadSubject('unreadable_fact') };
    const letter = await until(
      'it is a dead letter',
      async () => (await jsm.streams.getMessage(streams.dead, query)) ?? undefined,
    );
    expect(letter.json()).toMatchObject({ reason: 'unreadable_fact', subject });
    await operator.close();
  }, 60_000);

  it('asks NATS for nothing that it may not have, and a new replica takes over as well', async () => {
    const { mesh } = ground;
    await mesh.of('safety')[0]?.kill9();
    await mesh.of('executor')[0]?.kill9();
    await Promise.all([mesh.start('safety'), mesh.start('executor')]);
    const ask = { container: patient.name, action: 'restart' };
    const { body } = await until(
      'it heals again',
      async () => {
        const answer = await mesh.http('POST', '/api/v1/remediations', ask, { prefer: 'wait=60' });
        return answer.status === 200 ? answer : undefined;
      },
      90_000,
    );
    expect(body.outcome).toBe('recovered');
    for (const { service, output } of mesh.processes)
      expect({
        service,
        refused: /.*(ermissions? [Vv]iolation|check the permissions).*/.exec(output())?.[0],
      }).toEqual({
        service,
        refused: undefined,
      });
  }, 150_000);
});
