import { expect, it } from 'vitest';
import { readFact } from '#libs/bus/fact';
import { decidedSchema } from '#libs/contracts/facts';
import { idFromKey } from '#libs/contracts/ids';
import { decidedSubject } from '#libs/contracts/subjects';
import { startMeshGround } from '#libs/testing/mesh-ground';
import { serviceNames } from '#libs/testing/mesh-processes';
import { until } from '#libs/testing/until';

const ttlSeconds = 15;

it('carries out what was sent while nothing was running, and expires what is too old by then', async () => {
  await using ground = await startMeshGround({
    replicas: { gateway: 0, safety: 0, executor: 0, verifier: 0, audit: 0 },
    env: { HEMOSTAT_REQUEST_TTL_SECONDS: String(ttlSeconds) },
  });
  await using old = await ground.patient();
  await using young = await ground.patient();
  const sentAt = Date.now();
  await ground.publish({ container: old.name, action: 'restart', remediation_id: 'too-old' });
  await until('it is too old', () => Date.now() - sentAt > ttlSeconds * 1_000 || undefined, 15_000);
  await ground.publish({ container: young.name, action: 'restart' });
  for (const service of serviceNames) await ground.mesh.start(service);

  expect(await ground.eventOf(young)).toMatchObject({ result: { status: 'success' } });
  expect(await ground.eventOf(old)).toMatchObject({ status: 'rejected', reason: 'expired' });
  const subject = decidedSubject(idFromKey('anonymous', 'too-old'), 'local');
  const decided = await readFact(ground.client.bus, subject, decidedSchema);
  expect(decided?.body).toMatchObject({ verdict: 'refused', outcome: 'expired' });
  expect([await ground.restartsOf(young), await ground.restartsOf(old)]).toEqual([1, 0]);
}, 90_000);
