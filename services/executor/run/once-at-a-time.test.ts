import { expect, it } from 'vitest';
import { onceAtATime } from './once-at-a-time.ts';

it('lets a second delivery of the same remediation wait for the first, and others pass', async () => {
  const once = onceAtATime();
  const first = Promise.withResolvers<void>();
  const runs: string[] = [];
  const run = (key: string, until?: Promise<void>) =>
    once(key, async () => {
      runs.push(key);
      await until;
    });
  const both = Promise.all([run('a', first.promise), run('a')]);
  await run('b');
  first.resolve();
  await both;
  await run('a');
  expect(runs).toEqual(['a', 'b', 'a']);
});

it('tells everyone who waited that the run failed', async () => {
  const once = onceAtATime();
  const fail = () => once('a', () => Promise.reject(new Error('broken')));
  const told = await Promise.allSettled([fail(), fail()]);
  expect(told.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});
