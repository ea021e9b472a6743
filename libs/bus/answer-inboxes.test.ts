import { expect, it } from 'vitest';
import { z } from 'zod';
import { startBusGround } from '#libs/testing/bus-ground';
import { serve, serveRpc } from './rpc.ts';

it('no answer is sent to a subject of facts, of cells or of NATS itself, whoever asks for it there', async () => {
  await using ground = await startBusGround();
  const { bus } = ground.context;
  let asked = 0;
  const verb = { request: z.looseObject({}), reply: z.looseObject({}) };
  const handle = async () => {
    asked += 1;
    return { asked };
  };
  await using _ = await serveRpc(bus, { name: 'test', version: '1.0.0', description: 'a test' }, [
    serve('count', 'hemostat.rpc.test.count', verb, handle),
  ]);
  const heard: string[] = [];
  bus.nc.subscribe('>', { callback: (_error, message) => void heard.push(message.subject) });
  await bus.nc.flush();
  const wrong = [
    'hemostat.remediation.x.complete',
    '$KV.hemostat_safety.control',
    '$JS.API.STREAM.PURGE.HEMOSTAT',
  ];
  for (const reply of wrong) {
    bus.nc.publish('hemostat.rpc.test.count', '{}', { reply });
    bus.nc.publish('$SRV.PING', '', { reply });
  }
  const answer = await bus.nc.request('hemostat.rpc.test.count', '{}');
  expect(answer.json()).toEqual({ asked: 1 });
  expect(heard.filter((subject) => wrong.includes(subject))).toEqual([]);
});
