import { readFile, rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '#libs/runtime/clock';
import { startAuditGround } from '#libs/testing/audit-ground';
import { recover } from '../../../services/audit/append/recover.ts';
import { type Verification, verifyChain } from '../../../services/audit/ask/verify.ts';
import { leavesFile } from '../../../services/audit/file/leaves.ts';
import { drawFrom } from '../draw.ts';
import { isLong, seed, sized } from '../size.ts';
import { tell } from '../tell.ts';
import { type Ending, endings } from './endings.ts';
import { type RealLog, recordRealLog } from './real-log.ts';
import { linesOf, recordOf, type Tampered, tamperings } from './tamperings.ts';

const count = sized({ each: 1_000, long: 20_000 });
const endCount = sized({ each: 100, long: 2_000 });
const stack = new AsyncDisposableStack();
let log: RealLog;
beforeAll(async () => {
  log = await recordRealLog(stack.use(await startAuditGround()));
});
afterAll(() => stack.disposeAsync());

/** A look by somebody who has the files, the checkpoints and the key, and neither the mesh nor the head in NATS. */
function look(notes: readonly string[]): Promise<Verification> {
  const patience = { ...systemClock, sleep: async () => {} };
  return verifyChain(log.path, { notes: async () => notes, verifier: log.verifier }, patience);
}

const put = (path: string, now: Buffer | undefined) =>
  now ? writeFile(path, now) : rm(path, { force: true });

/** Writes what differs, and resolves with how many files that were. */
async function lay(from: Omit<Tampered, 'notes'>, to: Omit<Tampered, 'notes'>): Promise<number> {
  const all = (state: Omit<Tampered, 'notes'>) => [
    ...state.files,
    [leavesFile(log.path), state.leaves] as const,
  ];
  const [before, after] = [new Map(all(from)), new Map(all(to))];
  const paths = [...new Set([...before.keys(), ...after.keys()])];
  const different = paths.filter((path) => {
    const [a, b] = [before.get(path), after.get(path)];
    return a === undefined || b === undefined ? a !== b : !a.equals(b);
  });
  for (const path of different) await put(path, after.get(path));
  return different.length;
}

/** The first record that is not as it was. */
function firstTouched({ files }: Pick<Tampered, 'files'>): number {
  const [was, is] = [log.files, files].map((all) => Buffer.concat([...all.values()]));
  const [before = [], after = []] = [was, is].map((bytes) => bytes?.toString('latin1').split('\n'));
  return log.first + before.findIndex((line, at) => line !== after[at] || at === after.length - 1);
}

/** What the audit makes of an end that fits, when it finds it behind its head. */
async function expectNotBelieved(about: string, { files, added }: Ending): Promise<void> {
  const { n, hash, tree, positions } = log.head;
  const recovered = await recover(log.path, log.head, {
    holds: () => true,
    isMadeOfItsMessage: log.isMadeOfItsMessage,
  });
  expect(recovered.head, about).toMatchObject({ n, hash, tree, positions });
  const aside = recovered.setAside?.path ?? expect.fail(`${about}: nothing was set aside`);
  expect(await readFile(aside, 'utf8'), about).toBe(added);
  await rm(aside);
  await lay({ files, leaves: log.leaves }, log);
}

it(
  `of ${count} tamperings with an audit of many files every one is found, and what is called proved is untouched`,
  async () => {
    const draw = drawFrom(seed);
    expect(log.files.size).toBeGreaterThan(8);
    expect(log.first).toBeGreaterThan(20);
    expect(await look(log.notes)).toMatchObject({
      ok: true,
      signed: { proved_records: 192, unsigned_records: 0 },
    });
    const kinds = Object.entries(tamperings);
    const found = new Map<string, number>();
    for (let done = 0; done < count; ) {
      const [kind, tamper] = kinds[done % kinds.length] ?? expect.fail();
      const tampered: Tampered = { ...log, ...tamper(log, draw) };
      const changed = await lay(log, tampered);
      if (changed === 0 && String(tampered.notes) === String(log.notes)) continue;
      const seen = await look(tampered.notes);
      const about = `${kind}, tampering ${done} of seed ${seed}`;
      expect(seen, about).toMatchObject({ ok: false, what_to_do: expect.any(String) });
      expect(seen.broken_at?.why ?? seen.signed.trouble, about).toBeTruthy();
      if (tampered.files !== log.files) {
        const touched = firstTouched(tampered);
        expect(seen.signed.proved_records, about).toBeLessThan(touched);
        expect(seen.doubtful_from ?? Number.POSITIVE_INFINITY, about).toBeLessThanOrEqual(touched);
      }
      await lay(tampered, log);
      found.set(kind, (found.get(kind) ?? 0) + 1);
      done += 1;
    }
    expect(await look(log.notes)).toMatchObject({ ok: true });
    for (const line of [...log.files.values()].flatMap(linesOf))
      expect(await log.isMadeOfItsMessage(recordOf(line)), line).toBe(true);
    const forgers = Object.entries(endings);
    for (let done = 0; done < endCount; done += 1) {
      const [kind, forge] = forgers[done % forgers.length] ?? expect.fail();
      const ending = forge(log, draw);
      await lay(log, { files: ending.files, leaves: log.leaves });
      await expectNotBelieved(`${kind}, end ${done} of seed ${seed}`, ending);
    }
    expect(await look(log.notes)).toMatchObject({ ok: true });
    tell('P11', {
      tamperings: count,
      kinds: found.size,
      found: count,
      missed: 0,
      forged_ends: endCount,
      believed: 0,
      records: 192,
      files: log.files.size,
      seed,
    });
  },
  isLong ? 3_600_000 : 240_000,
);
