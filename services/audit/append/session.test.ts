import { expect, it } from 'vitest';
import { callRpc } from '#libs/bus/rpc';
import { auditVerbs } from '#libs/contracts/rpc';
import { buckets, rpcSubject } from '#libs/contracts/subjects';
import { startAuditGround } from '#libs/testing/audit-ground';
import { until } from '#libs/testing/until';
import { startAudit } from '../service.ts';

it('tells its health when it fails over and over for another reason than the file, and goes on by itself', async () => {
  await using ground = await startAuditGround({ AUDIT_LEASE_SECONDS: '1' });
  await using _audit = await startAudit({ env: ground.env, signal: new AbortController().signal });
  const { bus } = ground.client;
  const trouble = async () =>
    (await callRpc(bus, rpcSubject('audit', 'health'), auditVerbs.health, {}, { timeoutMs: 5_000 })).trouble;
  await ground.request(1);
  await ground.settled();
  expect(await trouble()).toBeNull();

  const head = await ground.head();
  const subject = `$KV.${buckets.audit}.head`;
  await ground.publish(subject, JSON.stringify({ of: 'another version' }));
  await ground.request(2);
  expect(await until('it is told', async () => (await trouble()) ?? undefined)).toMatchObject({
    cause: expect.stringContaining('not because of the file'),
    remedy: expect.stringContaining('nothing is lost'),
  });

  await ground.publish(subject, JSON.stringify(head));
  await ground.settled();
  expect(await until('it is over', async () => (await trouble()) === null)).toBe(true);
  expect(await ground.verify()).toMatchObject({ ok: true, records: 3 });
});
