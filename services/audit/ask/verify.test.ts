import { appendFile, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditHead } from '#libs/contracts/audit-head';
import { systemClock } from '#libs/runtime/clock';
import { holds } from '../../../tests/proof/holds.ts';
import { type Draft, genesis, type Link, seal } from '../chain/seal.ts';
import { type Verification, verifyChain, type Witnesses } from './verify.ts';

let dir: string;
let path: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hemostat-verify-'));
  path = join(dir, 'audit.log');
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const draft = (sequence: number, note = ''): Draft => ({
  timestamp: '2026-01-01T00:00:00.000Z',
  stream: 'HEMOSTAT',
  sequence,
  event: 'requested',
  reason: `because of ${note}${sequence}`,
  result: { sequence },
});

function chain(count: number, from: Link = genesis, note = ''): { lines: string[]; end: Link } {
  const lines: string[] = [];
  let end = from;
  for (let at = 1; at <= count; at += 1) {
    const { record, line } = seal(draft(at, note), end);
    lines.push(`${line}\n`);
    end = record;
  }
  return { lines, end: { n: end.n, hash: end.hash } };
}

const headAt = (end: Link, oldest = { n: 1, prev: genesis.hash }): AuditHead => ({
  ...end,
  owner: 'me',
  oldest,
  copied: { n: end.n, sequence: end.n },
  positions: {},
});

/** Three files: two full ones and the current. */
async function write(files: readonly (string | Buffer)[]): Promise<void> {
  const names = [`${path}.1`, `${path}.2`, path];
  await Promise.all(names.map((name) => rm(name, { force: true })));
  const used = names.slice(names.length - files.length);
  await Promise.all(files.map((text, at) => writeFile(used[at] ?? path, text)));
}
/** Without checkpoints. */
const knowing = (head: AuditHead | undefined): Witnesses => ({
  head: async () => head,
  notes: async () => [],
  verifier: undefined,
});
const verify = (head: AuditHead | undefined): Promise<Verification> =>
  verifyChain(path, knowing(head), {
    now: () => Date.now(),
    sleep: async () => {},
    deadline: AbortSignal.timeout,
  });

const whole = chain(12);
const head = headAt(whole.end);
const three = (lines: readonly string[]): string[] => [
  lines.slice(0, 4).join(''),
  lines.slice(4, 8).join(''),
  lines.slice(8).join(''),
];

describe('verifying the chain', () => {
  it('passes over every file and counts every record', async () => {
    await write(three(whole.lines));
    expect(await verify(head)).toEqual({
      ok: true,
      records: 12,
      head: whole.end.hash,
      files: ['audit.log.1', 'audit.log.2', 'audit.log'],
      broken_at: null,
      doubtful_from: null,
      signed: {
        verifier_key: null,
        checkpoints: 0,
        newest: null,
        proved_records: 0,
        unsigned_records: 12,
        removed_records: 0,
        trouble: null,
      },
      what_to_do: null,
    });
  });

  it('passes when nothing was ever recorded', async () => {
    await write([]);
    expect(await verify(undefined)).toMatchObject({ ok: true, records: 0, broken_at: null });
  });

  it('finds every change of a byte anywhere', async () => {
    const text = three(whole.lines);
    const anywhere = fc.tuple(fc.nat(2), fc.nat(100_000), fc.integer({ min: 1, max: 255 }));
    await holds(
      fc.asyncProperty(anywhere, async ([file, position, change]) => {
        const bytes = text.map((each) => Buffer.from(each));
        const chosen = bytes[file] ?? Buffer.alloc(1);
        const at = position % chosen.length;
        chosen[at] = (chosen[at] ?? 0) ^ change;
        await write(bytes);
        expect((await verify(head)).ok).toBe(false);
      }),
      { each: 300 },
    );
  });

  const index = fc.nat(11);
  const place = fc.nat(12);
  const tampering = fc.oneof(
    index.map((at) => ({ how: 'delete', lines: whole.lines.toSpliced(at, 1) })),
    fc
      .tuple(index, fc.integer({ min: 2, max: 12 }))
      .map(([at, count]) => ({ how: 'delete some', lines: whole.lines.toSpliced(at, count) })),
    fc.tuple(index, index).map(([from, to]) => ({
      how: 'repeat',
      lines: whole.lines.toSpliced(to, 0, whole.lines[from] ?? ''),
    })),
    fc
      .tuple(index, fc.constantFrom('\n', '{}\n', 'nonsense\n', chain(1).lines[0] ?? ''))
      .map(([at, line]) => ({
        how: 'insert',
        lines: whole.lines.toSpliced(at, 0, line),
      })),
    fc
      .tuple(place, fc.string({ minLength: 1 }))
      .map(([at, text]) => ({ how: 'insert text', lines: whole.lines.toSpliced(at, 0, text) })),
    fc
      .tuple(index, index)
      .filter(([a, b]) => a !== b)
      .map(([a, b]) => ({
        how: 'swap',
        lines: whole.lines.with(a, whole.lines[b] ?? '').with(b, whole.lines[a] ?? ''),
      })),
    fc.integer({ min: 1, max: 2_000 }).map((bytes) => ({
      how: 'cut the end',
      lines: [whole.lines.join('').slice(0, -bytes)],
    })),
    index.map((at) => ({
      how: 'write anew from a record on',
      lines: [...whole.lines.slice(0, at), ...rewritten(at)],
    })),
    fc
      .tuple(index, index)
      .filter(([a, b]) => a !== b)
      .map(([a, b]) => ({ how: 'move', lines: moved(a, b) })),
  );

  function rewritten(at: number): readonly string[] {
    const before = chain(at).end;
    return chain(12 - at, before, 'forged ').lines;
  }
  function moved(from: number, to: number): readonly string[] {
    const without = whole.lines.toSpliced(from, 1);
    return without.toSpliced(to, 0, whole.lines[from] ?? '');
  }

  it('finds deletions, insertions, repetitions, moves, cuts and forgeries, in one file or in several', async () => {
    await holds(
      fc.asyncProperty(tampering, fc.boolean(), async ({ lines }, inOneFile) => {
        await write(inOneFile ? [lines.join('')] : three(lines));
        const found = await verify(head);
        expect(found.ok).toBe(false);
        expect(found.broken_at?.why).toBeTruthy();
        expect(found.broken_at?.file).toMatch(/^audit\.log/);
      }),
      { each: 700 },
    );
  });

  it('names the file, the line and what is wrong there', async () => {
    const lines = whole.lines.toSpliced(5, 1);
    await write([whole.lines.slice(0, 4).join(''), lines.slice(4).join('')]);
    expect((await verify(head)).broken_at).toEqual({
      file: 'audit.log',
      line: 2,
      why: 'record 6 is missing before record 7',
    });
  });

  it('tells how many more places are broken', async () => {
    const lines = whole.lines.toSpliced(9, 1).toSpliced(5, 1);
    await write([lines.join('')]);
    expect((await verify(head)).broken_at?.why).toBe(
      'record 6 is missing before record 7 (and 1 more place after it)',
    );
  });

  it('finds a missing file', async () => {
    await write(three(whole.lines));
    await rm(`${path}.2`);
    expect((await verify(head)).broken_at).toMatchObject({ file: 'audit.log', line: 1 });
    await rm(`${path}.1`);
    await rm(path);
    expect((await verify(head)).broken_at?.why).toContain('records 1 to 12 are known to NATS, but not here');
  });

  it('does not miss what was removed because only so many files are kept', async () => {
    const [, second = '', third = ''] = three(whole.lines);
    const kept = headAt(whole.end, { n: 5, prev: chain(4).end.hash });
    await write([second, third]);
    expect(await verify(kept)).toMatchObject({ ok: true, records: 8 });
    await write([second.split('\n').slice(1).join('\n'), third]);
    expect((await verify(kept)).ok).toBe(false);
  });

  it('takes no harm from files that were about to be removed', async () => {
    await write(three(whole.lines));
    expect(await verify(headAt(whole.end, { n: 5, prev: chain(4).end.hash }))).toMatchObject({ ok: true });
  });

  it('takes records beyond the head for what they are: just appended', async () => {
    await write(three(whole.lines));
    expect(await verify(headAt(chain(10).end))).toMatchObject({ ok: true, records: 12 });
  });

  it('looks again when the file is rotated under its eyes', async () => {
    await write([whole.lines.join('')]);
    let reads = 0;
    const found = await verifyChain(
      path,
      {
        ...knowing(head),
        head: async () => {
          reads += 1;
          if (reads === 1) setImmediate(() => void rename(path, `${path}.1`).then(() => writeFile(path, '')));
          return head;
        },
      },
      systemClock,
    );
    expect(found).toMatchObject({ ok: true, records: 12 });
  });

  it('waits for the end of a line that is just being written, but not for ever', async () => {
    const [last = ''] = chain(1, whole.end).lines;
    await write([`${whole.lines.join('')}${last.slice(0, 40)}`]);
    let waited = 0;
    const clock = {
      now: () => Date.now(),
      deadline: AbortSignal.timeout,
      sleep: async () => {
        waited += 1;
        if (waited === 1) await appendFile(path, last.slice(40));
      },
    };
    expect(await verifyChain(path, knowing(head), clock)).toMatchObject({ ok: true, records: 13 });
    await write([`${await readFile(path, 'utf8')}{"n":14`]);
    const broken = await verifyChain(path, knowing(head), { ...clock, sleep: async () => {} });
    expect(broken.broken_at).toMatchObject({ line: 14, why: 'the line was cut off' });
  });
});
