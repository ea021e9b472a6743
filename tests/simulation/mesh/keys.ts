import { createPrivateKey, createPublicKey } from 'node:crypto';
import { keyIdOf, signerWith } from '#libs/contracts/decision-signature';
import type { DecisionKeys } from '../../../services/executor/decision-keys.ts';

// The same in every run, because signatures stand in the history; it signs nothing anywhere else.
const seed = Buffer.alloc(32, 'simulation');
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex');
const privateKey = createPrivateKey({
  key: Buffer.concat([pkcs8Head, seed]),
  format: 'der',
  type: 'pkcs8',
});
const publicKey = createPublicKey(privateKey);
const known: ReadonlyMap<string, typeof publicKey> = new Map([[keyIdOf(publicKey), publicKey]]);

export const sign = signerWith(privateKey, keyIdOf(publicKey));
export const keys: DecisionKeys = {
  known: () => known,
  readAgain: () => known,
  [Symbol.asyncDispose]: async () => {},
};
