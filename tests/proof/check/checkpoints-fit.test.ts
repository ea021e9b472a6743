import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { streams } from '#libs/contracts/subjects';
import { signCheckpoint } from '../../../services/audit/checkpoint/checkpoint.ts';
import { signerOf } from '../../../services/audit/checkpoint/note.ts';
import { createFrontier } from '../../../services/audit/tree/frontier.ts';
import { leafHash } from '../../../services/audit/tree/hashes.ts';
import { checkpointsFit } from './checkpoints-fit.ts';
import { aGoodRun, began } from './examples.ts';

const good = aGoodRun();
const signer = signerOf('hemostat/audit', generateKeyPairSync('ed25519').privateKey);
const noteOf = (lines: readonly string[]): string => {
  const tree = createFrontier();
  for (const line of lines) tree.push(leafHash(line));
  return signCheckpoint({ size: tree.size, root: tree.root() }, signer);
};
const offencesOf = (notes: readonly string[]): readonly string[] => {
  const checkpoints = notes.map((body, at) => ({
    stream: streams.checkpoints,
    sequence: at + 1,
    stored_at: began,
    subject: 'hemostat.checkpoint',
    trace_id: null,
    body,
  }));
  return checkpointsFit({ ...good, messages: [...good.messages, ...checkpoints] }).offences;
};
const lines = good.auditLines;

it('checkpoints of every size that the audit signs fit', () => {
  expect(offencesOf(lines.map((_, at) => noteOf(lines.slice(0, at + 1))))).toEqual([]);
});

it('one of other lines, of more than there are, of fewer than before, or of nothing does not', () => {
  expect(offencesOf([noteOf(lines.with(2, '{}'))])).toEqual([expect.stringContaining('is not of the first')]);
  expect(offencesOf([noteOf([...lines, '{}'])])).toEqual([expect.stringContaining('the audit has')]);
  expect(offencesOf([noteOf(lines.slice(0, 5)), noteOf(lines.slice(0, 4))])).toEqual([
    expect.stringContaining('follows one of 5'),
  ]);
  expect(offencesOf(['nonsense'])).toEqual([expect.stringContaining('is none')]);
});
