import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { serveRpc } from '#libs/bus/rpc';
import { buckets, controlKey } from '#libs/contracts/subjects';
import { startGatewayGround } from '#libs/testing/gateway-ground';
import { until } from '#libs/testing/until';
import { startAudit } from '../audit/service.ts';
import { startSafety } from '../safety/service.ts';
import { startGateway } from './service.ts';

it('says that the audit cannot write its file, with path and remedy, while the mesh heals all the same', async () => {
  await using ground = await startGatewayGround({ startSafety, startGateway });
  const { bus } = ground.context;
  const stub = { name: 'verifier', version: '0.0.0', description: 'is there' };
  await using _verifier = await serveRpc(bus, stub, []);
  const env = { NATS_URL: ground.server.url, LOG_LEVEL: 'silent', AUDIT_FILE: '/dev/full' };
  await using _audit = await startAudit({ env, signal: new AbortController().signal });
  const container = `patient-${randomUUID().slice(0, 8)}`;
  await ground.api.post('/api/v1/remediations', { container, action: 'restart' }, { prefer: 'wait=20' });
  const health = await until('the health says so', async () => {
    const answer = await ground.api.get('/health');
    return answer.body.status === 'degraded' && answer.body.parts.audit_file ? answer : undefined;
  });
  expect(health).toMatchObject({
    status: 200,
    body: {
      parts: {
        audit: { ok: true },
        audit_file: {
          ok: false,
          cause: expect.stringContaining('/dev/full'),
          remedy: expect.stringContaining('AUDIT_FILE'),
        },
      },
    },
  });
  expect((await ground.api.get('/api/v1/audit/verify')).body).toMatchObject({ ok: false });
});

it('says that safety cannot decide when nobody can read its controls, and how to put them right', async () => {
  await using ground = await startGatewayGround({ startSafety, startGateway });
  await ground.context.bus.js.publish(`$KV.${buckets.safety}.${controlKey}`, 'no control');
  expect(await ground.api.get('/health')).toMatchObject({
    status: 503,
    body: {
      parts: {
        safety: {
          ok: false,
          cause: expect.stringContaining('control cannot be read'),
          remedy: expect.stringContaining('nats kv history'),
        },
      },
    },
  });
});
