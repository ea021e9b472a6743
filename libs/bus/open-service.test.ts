import { expect, it } from 'vitest';
import { startNatsServer } from '#libs/testing/nats-server';
import { openService } from './open-service.ts';

const signal = new AbortController().signal;

async function linesOf(env: Record<string, string>): Promise<readonly string[]> {
  const lines: string[] = [];
  await using server = await startNatsServer();
  await using _ = await openService('safety', {
    env: { NATS_URL: server.url, LOG_LEVEL: 'WARNING', ...env },
    signal,
    logDestination: { write: (line) => void lines.push(line) },
  });
  return lines.filter((line) => line.includes('REDIS'));
}

it('says once that NATS took the place of the Redis that is still set, and what to set instead', async () => {
  const [line, ...others] = await linesOf({ REDIS_HOST: 'redis', REDIS_PORT: '6379' });
  expect(JSON.parse(line ?? '{}')).toMatchObject({ level: 'warn', service: 'safety' });
  expect(line).toContain('REDIS_HOST and REDIS_PORT are set and not used');
  expect(line).toContain('Set NATS_URL');
  expect(others).toEqual([]);
});

it('does not speak of Redis where nobody does', async () => {
  expect(await linesOf({ REDIS_HOST: '' })).toEqual([]);
});
