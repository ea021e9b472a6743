import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type MeshGround, startMeshGround } from '#libs/testing/mesh-ground';
import { until } from '#libs/testing/until';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const received: Buffer[] = [];
const collector = createServer(async (request, response) => {
  received.push(await buffer(request));
  response.end();
});
let ground: MeshGround;

beforeAll(async () => {
  await new Promise<void>((listening) => collector.listen(0, '127.0.0.1', listening));
  const address = collector.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  ground = await startMeshGround({
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, OTEL_BSP_SCHEDULE_DELAY: '100' },
  });
}, 120_000);
afterAll(async () => {
  await ground[Symbol.asyncDispose]();
  collector.close();
});

/** Ids travel as bytes in OTLP's binary form. */
const collected = (hex: string): number => {
  const wanted = Buffer.from(hex, 'hex');
  const all = Buffer.concat(received);
  let count = 0;
  for (let at = all.indexOf(wanted); at !== -1; at = all.indexOf(wanted, at + 1)) count += 1;
  return count;
};

it('carries the trace of the caller through every service to the collector', async () => {
  await using target = await ground.patient();
  const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
  const { body } = await ground.post(
    { container: target.name, action: 'restart' },
    { traceparent, prefer: 'wait=60' },
  );
  expect(body).toMatchObject({ outcome: 'recovered', trace_id: traceId });
  const id = String(body.remediation_id);
  for (const [fact, stored] of Object.entries((await ground.record(id)) ?? {})) {
    if (stored && 'traceId' in stored) expect({ fact, traceId: stored.traceId }).toEqual({ fact, traceId });
  }
  await until('spans of the whole road are collected', () => collected(traceId) >= 20 || undefined, 20_000);
  const all = Buffer.concat(received).toString('latin1');
  for (const service of ['gateway', 'safety', 'executor', 'verifier', 'audit']) {
    expect(all).toContain(`hemostat-${service}`);
  }
}, 90_000);

it('writes the trace and the remediation on every log line about it', async () => {
  await using target = await ground.patient();
  const { body } = await ground.post({ container: target.name, action: 'restart' }, { prefer: 'wait=60' });
  const { remediation_id: id, trace_id: trace } = body;
  const lines = ground.mesh.processes
    .flatMap((each) => each.output().split('\n'))
    .filter((line) => line.includes(String(id)))
    .map((line): Record<string, unknown> => JSON.parse(line));
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) expect(line).toMatchObject({ remediation_id: id, trace_id: trace });
}, 90_000);
