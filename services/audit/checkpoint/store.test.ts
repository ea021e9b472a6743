import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkpointSubject, streams } from '#libs/contracts/subjects';
import { type BusGround, startBusGround } from '#libs/testing/bus-ground';
import { emptyTree, grow, rootOf } from '../tree/frontier.ts';
import { leafHash } from '../tree/hashes.ts';
import { origin, signCheckpoint } from './checkpoint.ts';
import { signerOf } from './note.ts';
import { type CheckpointStore, openCheckpointStore } from './store.ts';

const signer = signerOf(origin, generateKeyPairSync('ed25519').privateKey);
const treeOf = (size: number) =>
  grow(
    emptyTree,
    Array.from({ length: size }, (_, at) => leafHash(`${at}`)),
  );
const noteOf = (size: number): string => signCheckpoint({ size, root: rootOf(treeOf(size)) }, signer);

let ground: BusGround;
let store: CheckpointStore;
beforeAll(async () => {
  ground = await startBusGround();
  store = openCheckpointStore(ground.context.bus);
});
afterAll(() => ground[Symbol.asyncDispose]());

it('takes a checkpoint only right behind the one that was read last', async () => {
  expect(await store.last()).toBeUndefined();
  expect(await store.notes()).toEqual([]);
  expect(await store.add(noteOf(3), treeOf(3), 0)).toBe(1);
  expect(await store.add(noteOf(4), treeOf(4), 0)).toBe('overtaken');
  expect(await store.add(noteOf(5), treeOf(5), 1)).toBe(2);
  expect(await store.last()).toEqual({ sequence: 2, note: noteOf(5), tree: treeOf(5) });
  expect(await store.notes()).toEqual([noteOf(3), noteOf(5)]);
});

it('reads what others put there, without believing it', async () => {
  await ground.context.bus.js.publish(checkpointSubject, 'nonsense');
  expect(await store.last()).toMatchObject({ note: 'nonsense', tree: undefined });
});

it('lets nobody delete one', async () => {
  await expect(ground.context.bus.jsm.streams.deleteMessage(streams.checkpoints, 1)).rejects.toThrow();
});
