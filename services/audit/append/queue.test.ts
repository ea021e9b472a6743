import { expect, it } from 'vitest';
import { ManualClock } from '#libs/testing/manual-clock';
import { createQueue } from './queue.ts';

const nothing = async (): Promise<void> => {};

it('commits what gathered meanwhile as one batch, in order', async () => {
  const batches: number[][] = [];
  const gate = Promise.withResolvers<void>();
  const queue = createQueue<number>({
    begin: () => gate.promise,
    commit: async (batch) => void batches.push([...batch]),
    sizeOf: () => 1,
  });
  const added = [1, 2, 3].map((item) => queue.add(item));
  gate.resolve();
  expect(await Promise.all(added)).toEqual([true, true, true]);
  expect(batches).toEqual([[1, 2, 3]]);
  expect(await queue.add(4)).toBe(true);
  queue.close();
  await queue.ended;
});

it('gathers for a moment while commits follow each other, and begins at once after a rest', async () => {
  const clock = new ManualClock();
  const batches: number[][] = [];
  const commit = async (batch: readonly number[]) => void batches.push([...batch]);
  const queue = createQueue<number>({ begin: nothing, commit, sizeOf: () => 1, apart: { ms: 25, clock } });
  await queue.add(1);
  const gathered = [queue.add(2), queue.add(3)];
  await clock.advance(24);
  expect(batches).toEqual([[1]]);
  await clock.advance(1);
  await Promise.all(gathered);
  await clock.advance(25);
  await queue.add(4);
  expect(batches).toEqual([[1], [2, 3], [4]]);
  const dropped = queue.add(5);
  queue.close();
  expect(await dropped).toBe(false);
});

it('bounds a batch in items and in bytes', async () => {
  const sizes: number[] = [];
  const gate = Promise.withResolvers<void>();
  const queue = createQueue<number>({
    begin: () => gate.promise,
    commit: async (batch) => void sizes.push(batch.length),
    sizeOf: (bytes) => bytes,
  });
  const mebibyte = 1024 * 1024;
  const items = [...Array.from({ length: 300 }, () => 1), ...Array.from({ length: 6 }, () => mebibyte)];
  const added = items.map((item) => queue.add(item));
  added.push(queue.add(10 * mebibyte));
  gate.resolve();
  await Promise.all(added);
  expect(sizes).toEqual([256, 47, 3, 1]);
  queue.close();
});

it('drops what waits when a commit fails, and takes no more', async () => {
  const failure = new Error('overtaken');
  const queue = createQueue<number>({
    begin: nothing,
    commit: () => Promise.reject(failure),
    sizeOf: () => 1,
  });
  expect(await Promise.all([queue.add(1), queue.add(2)])).toEqual([false, false]);
  expect(await queue.ended).toBe(failure);
  expect(await queue.add(3)).toBe(false);
});

it('finishes the batch under way when it is closed, and drops the rest', async () => {
  const begun = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const queue = createQueue<number>({
    begin: nothing,
    commit: () => {
      begun.resolve();
      return gate.promise;
    },
    sizeOf: () => 1,
  });
  const first = queue.add(1);
  await begun.promise;
  const second = queue.add(2);
  queue.close();
  gate.resolve();
  expect(await Promise.all([first, second])).toEqual([true, false]);
  expect(await queue.ended).toBeUndefined();
});
