import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { stateFact } from '#libs/bus/fact';
import type { ServiceContext } from '#libs/bus/open-service';
import { finishedSchema, type Requested, requestedSchema } from '#libs/contracts/facts';
import { decidedSubject, finishedSubject, requestedSubject } from '#libs/contracts/subjects';
import { toInstant } from '#libs/runtime/instant';
import { type BusGround, startBusGround } from '#libs/testing/bus-ground';
import { aRequested, aTarget } from '#libs/testing/examples';
import { holds } from '../../tests/proof/holds.ts';
import { listRemediations, type Page, type Wanted } from './listing.ts';

let ground: BusGround;
let context: ServiceContext;
beforeEach(async () => {
  ground = await startBusGround();
  ({ context } = ground);
});
afterEach(() => ground[Symbol.asyncDispose]());

async function ask(change: Partial<Requested> = {}): Promise<string> {
  const id = randomUUID();
  const requested = { ...aRequested({ id }), ...change };
  await stateFact(context.bus, requestedSubject(id), requestedSchema, requested);
  return id;
}

/** Other facts, which stand between the requests. */
async function noise(count: number): Promise<void> {
  const finish = () => {
    const id = randomUUID();
    return stateFact(context.bus, finishedSubject(id), finishedSchema, {
      type: 'finished',
      remediation_id: id,
      at: toInstant(Date.now()),
      outcome: 'executed',
      message: 'it ran',
      reached_docker: true,
      execution_log: [],
    });
  };
  await Promise.all(Array.from({ length: count }, finish));
}

const list = (wanted: Wanted, limit: number, before?: number, searchMs = 2_000): Promise<Page> =>
  listRemediations(context.bus, wanted, { limit, before, searchMs, signal: ground.signal });

/** Every id that the pages show, in their order; `between` runs after each page. */
async function all(
  wanted: Wanted,
  limit: () => number,
  searchMs?: number,
  between: () => Promise<unknown> = async () => {},
): Promise<readonly string[]> {
  const ids: string[] = [];
  let before: number | undefined;
  do {
    const page = await list(wanted, limit(), before, searchMs);
    ids.push(...page.remediations.map((each) => each.remediation_id));
    before = page.next;
    await between();
  } while (before !== undefined);
  return ids;
}

describe('pages together', () => {
  it('give every remediation exactly once, newest first, however they are cut and while new ones come', async () => {
    const asked: string[] = [];
    for (let n = 0; n < 150; n += 1) {
      if (n % 50 === 49) await noise(700);
      asked.unshift(await ask());
    }
    await holds(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }),
        fc.constantFrom(0, 2_000),
        async (limits, searchMs) => {
          let page = 0;
          const known = [...asked];
          const ids = await all(
            {},
            () => limits[page++ % limits.length] ?? 1,
            searchMs,
            async () => asked.unshift(await ask()),
          );
          expect(ids).toEqual(known);
        },
      ),
      { each: 8 },
    );
  });

  it('give every one that fits exactly once, and no other', async () => {
    const mine = { principal: 'ann' };
    const fitting: string[] = [];
    for (let n = 0; n < 200; n += 1) {
      const id = await ask(n % 7 === 0 ? mine : {});
      if (n % 7 === 0) fitting.unshift(id);
    }
    for (const limit of [1, 3, 50]) {
      expect(await all(mine, () => limit)).toEqual(fitting);
      expect(await all(mine, () => limit, 0)).toEqual(fitting);
    }
  });
});

describe('a page', () => {
  it('of an empty stream is empty, and the last one', async () => {
    expect(await list({}, 10)).toEqual({ remediations: [], next: undefined });
  });

  it('that is filled by the oldest one is the last one', async () => {
    await ask();
    await ask();
    expect(await list({}, 2)).toMatchObject({ remediations: [{}, {}], next: undefined });
    expect((await list({}, 1)).next).toBeDefined();
  });

  it('shows what fits each thing that can be wanted', async () => {
    const received_at = '2026-01-31T12:00:00.000Z';
    const id = await ask({ door: 'http', principal: 'ann', received_at });
    const other = await ask({ ask: { ...aRequested({ id: '' }).ask, dry_run: true, action: 'stop' } });
    const named = await ask({ resolution: { status: 'resolved', targets: [resolved('db-1')] } });
    const ids = async (wanted: Wanted) =>
      (await list(wanted, 9)).remediations.map((each) => each.remediation_id);
    expect(await ids({ door: 'http' })).toEqual([id]);
    expect(await ids({ principal: 'ann' })).toEqual([id]);
    expect(await ids({ until: received_at })).toEqual([id]);
    expect(await ids({ since: received_at })).toEqual([named, other, id]);
    expect(await ids({ since: '2026-01-31T12:00:00.001Z' })).toEqual([named, other]);
    expect(await ids({ dry_run: true })).toEqual([other]);
    expect(await ids({ action: 'stop' })).toEqual([other]);
    expect(await ids({ container: 'db-1' })).toEqual([named]);
    expect(await ids({ container: 'local/container/db-1' })).toEqual([named]);
    expect(await ids({ container: 'web-app-1' })).toEqual([named, other, id]);
    expect(await ids({ state: 'requested' })).toEqual([named, other, id]);
    expect(await ids({ outcome: 'recovered' })).toEqual([]);
  });

  it('leaves out what another version wrote, and shows the rest', async () => {
    const [first, unread, last] = [await ask(), randomUUID(), await ask()];
    await stateFact(context.bus, requestedSubject(unread), z.unknown(), {
      type: 'requested',
      of: 'tomorrow',
    });
    const undecided = await ask();
    const { engine } = aRequested({ id: undecided });
    await stateFact(context.bus, decidedSubject(undecided, engine), z.unknown(), { type: 'decided' });
    expect((await list({}, 9)).remediations.map((each) => each.remediation_id)).toEqual([last, first]);
    expect(await all({}, () => 1)).toEqual([last, first]);
  });

  it('ends where nothing can be young enough any more', async () => {
    const young = toInstant(Date.now() + 3_600_000);
    for (let n = 0; n < 5; n += 1) await ask();
    expect(await list({ since: young }, 3, undefined, 0)).toEqual({ remediations: [], next: undefined });
  });
});

function resolved(name: string) {
  return { target: aTarget(name), container_id: null, container_name: name, protected_by: null };
}
