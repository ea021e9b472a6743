import { expect, it } from 'vitest';
import { buckets } from '#libs/contracts/subjects';
import { startAuditGround } from '#libs/testing/audit-ground';
import { headKey } from './chain/head-store.ts';
import { startAudit } from './service.ts';

it('a head that nobody can read is told to whoever has the audit verified, and how to put it right', async () => {
  await using ground = await startAuditGround();
  await using _audit = await startAudit({ env: ground.env, signal: new AbortController().signal });
  await ground.request(3);
  await ground.settled();
  await ground.client.bus.js.publish(`$KV.${buckets.audit}.${headKey}`, '{"no": "head"}');
  await expect(ground.verify()).rejects.toMatchObject({
    code: 'service_unavailable',
    message: expect.stringContaining(`nats kv history hemostat_audit '${headKey}'`),
  });
});
