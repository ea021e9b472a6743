import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AuditPosition } from '#libs/contracts/audit-head';
import { streams } from '#libs/contracts/subjects';
import { type AuditGround, startAuditGround } from '#libs/testing/audit-ground';
import { closeGap, nowhere, place } from '../chain/positions.ts';
import { fillGap } from './fill-gaps.ts';
import { openMeshStreams } from './mesh-streams.ts';

let ground: AuditGround;
beforeAll(async () => {
  ground = await startAuditGround();
});
afterAll(() => ground[Symbol.asyncDispose]());

/** Fills the first gap of the position and says what was appended, and the position then. */
async function fill(position: AuditPosition): Promise<{ appended: number[]; position: AuditPosition }> {
  const appended: number[] = [];
  let now = position;
  const [gap] = position.gaps;
  if (!gap) throw new Error('there is no gap');
  const ports = {
    streams: openMeshStreams(ground.client.bus),
    log: ground.client.log,
    appender: {
      append: async ({ sequence, storedAt }: { sequence: number; storedAt: string }) => {
        const placed = place(now, sequence, storedAt);
        if (placed.kind !== 'known') appended.push(sequence);
        now = placed.position;
        return 'appended' as const;
      },
      closeGap: (_: string, from: number, to: number) => {
        now = closeGap(now, from, to);
      },
      positions: () => ({ [streams.facts]: now }),
    },
  };
  await fillGap(ports, { ...gap, stream: streams.facts }, new AbortController().signal);
  return { appended, position: now };
}

it('reads from the stream what the consumer never delivered', async () => {
  await ground.request(5);
  const { position } = place(nowhere, 5, '2026-01-01T00:00:00.000Z');
  const filled = await fill(position);
  expect(filled.appended.toSorted()).toEqual([1, 2, 3, 4]);
  expect(filled.position.gaps).toEqual([]);
});

it('waits no more for what the stream does not hold', async () => {
  const position = { last: 20, newest_at: null, gaps: [{ from: 10, to: 15, after: null }] };
  expect(await fill(position)).toEqual({ appended: [], position: { ...position, gaps: [] } });
});

it('takes only what is younger than all that was known before the stream began again', async () => {
  await ground.request(3);
  const message = await openMeshStreams(ground.client.bus).messageAt(streams.facts, 6);
  const after = new Date(Date.parse(message?.storedAt ?? '') - 1).toISOString();
  const position = { last: 8, newest_at: after, gaps: [{ from: 1, to: 7, after }] };
  const filled = await fill(position);
  expect(filled.appended.toSorted()).toEqual([6, 7]);
  expect(filled.position.gaps).toEqual([]);
});
