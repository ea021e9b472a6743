import { expect, it } from 'vitest';
import { createHealth } from '#libs/runtime/health';
import { createLog } from '#libs/runtime/log';
import { ManualClock } from '#libs/testing/manual-clock';
import { createFileHealth } from './file-health.ts';
import { FileTrouble } from './trouble.ts';

const path = '/var/lib/hemostat/audit.log';
const trouble = (code: string): FileTrouble => new FileTrouble(Object.assign(new Error('no'), { code }));

function watched() {
  const lines: { readonly msg: string; readonly path: string }[] = [];
  const clock = new ManualClock(0);
  const health = createHealth();
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const log = createLog({ service: 'audit', level: 'INFO', format: 'json', destination });
  return { lines, clock, health, file: createFileHealth(health, log, clock, path) };
}

it('names the path and the remedy in the log, once, and again a minute later', async () => {
  const { lines, clock, file } = watched();
  for (let second = 0; second < 60; second += 1) {
    file.bad(trouble('ENOSPC'));
    await clock.advance(1_000);
  }
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({ path, msg: expect.stringMatching(`${path}.*disk is full.*free space`) });
  file.bad(trouble('ENOSPC'));
  expect(lines).toHaveLength(2);
});

it('tells another trouble at once, and says when the file can be used again', () => {
  const { lines, health, file } = watched();
  file.bad(trouble('ENOSPC'));
  file.bad(trouble('EACCES'));
  expect(health.snapshot().parts.audit_file).toMatchObject({ ok: false });
  file.good();
  file.good();
  expect(lines.map(({ msg }) => msg)).toEqual([
    expect.stringContaining('disk is full'),
    expect.stringContaining('may not use'),
    expect.stringContaining('can be used again'),
  ]);
  expect(health.snapshot().parts.audit_file).toEqual({ ok: true });
});

it('says after three ends in a row without a record that nothing is recorded, until a record is', () => {
  const { health, file } = watched();
  const part = () => health.snapshot().parts.audit_file;
  const end = (): void => {
    file.good();
    file.ended();
  };
  end();
  end();
  file.goesOn();
  end();
  end();
  expect(part()).toEqual({ ok: true });
  end();
  file.good();
  expect(part()).toMatchObject({
    ok: false,
    cause: expect.stringContaining('over and over'),
    remedy: expect.stringContaining('nothing is lost'),
  });
  file.goesOn();
  expect(part()).toEqual({ ok: true });
});

it('goes on telling that the file cannot be written when nothing else is wrong', () => {
  const { health, file } = watched();
  file.bad(trouble('ENOSPC'));
  file.goesOn();
  expect(health.snapshot().parts.audit_file).toMatchObject({ ok: false });
});
