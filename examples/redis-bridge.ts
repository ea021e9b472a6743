/**
 * Carries HemoStat's events between Redis and NATS: what its Monitor and Analyzer publish reaches hemostat, and what came of
 * it goes back. Needs the packages @redis/client and @nats-io/transport-node. Redis keeps nothing for who is away, so
 * run it beside Redis and let it always run.
 */
import { createHash } from 'node:crypto';
import { connect, headers } from '@nats-io/transport-node';
import { createClient } from '@redis/client';

const { REDIS_HOST = 'redis', REDIS_PORT = '6379', NATS_URL = 'nats://127.0.0.1:4222' } = process.env;

const nats = await connect({ servers: NATS_URL, maxReconnectAttempts: -1 });
const redis = createClient({ url: `redis://${REDIS_HOST}:${REDIS_PORT}` });
const listener = redis.duplicate();
for (const client of [redis, listener]) {
  client.on('error', (error: Error) => console.error(`Redis: ${error.message}; trying again`));
  await client.connect();
}

await listener.subscribe('hemostat:remediation_needed', async (event) => {
  const named = headers();
  // An event with an instant is itself: two bridges side by side make one remediation of it.
  if (event.includes('"timestamp"'))
    named.set('Nats-Msg-Id', createHash('sha256').update(event).digest('hex'));
  const stored = nats.request('hemostat.remediation_needed', event, { headers: named, timeout: 5_000 });
  await stored.catch((error) =>
    console.error(`hemostat did not take this event: ${error.message}\n${event}`),
  );
});

nats.subscribe('hemostat.remediation_complete', {
  callback: (_, message) => void redis.publish('hemostat:remediation_complete', message.string()),
});
await nats.flush();
console.log(`events go from Redis at ${REDIS_HOST}:${REDIS_PORT} to ${NATS_URL}, and back`);
