import { expect, it } from 'vitest';
import { inspectedContainerSchema, listedContainerSchema } from './readings.ts';
import { isInScope, scopeName, scopeNamed } from './scope.ts';
import { afterInspection, candidatesIn } from './stopped-containers.ts';

const now = Date.parse('2026-01-31T12:00:00Z');
const idOf = (name: string): string => Buffer.from(name).toString('hex').padEnd(64, '0');
const listed = (name: string, State: string, Labels: Record<string, string> = {}) =>
  listedContainerSchema.parse({
    Id: idOf(name),
    Names: [`/${name}`],
    ImageID: 'sha256:1',
    State,
    Created: 0,
    Labels,
  });
const inspected = (name: string, more: { host?: object; state?: object } = {}) =>
  inspectedContainerSchema.parse({
    Id: idOf(name),
    Name: `/${name}`,
    Created: '2026-01-30T12:00:00Z',
    State: {
      Status: 'exited',
      Running: false,
      Paused: false,
      Restarting: false,
      FinishedAt: '2026-01-31T11:00:00.5Z',
      ...more.state,
    },
    HostConfig: { NetworkMode: 'default', ...more.host },
  });
const shop = { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web' };
const wish = { scope: { project: 'shop' }, keep: [] };
const free = new Map(['a', 'b', 'c'].map((name) => [idOf(name), null]));

it('takes what has stopped, and never what runs, is paused, restarts or is being removed', () => {
  for (const state of ['running', 'paused', 'restarting', 'removing']) {
    expect(candidatesIn([listed('a', state, shop)], free, wish).candidates).toEqual([]);
  }
  for (const state of ['exited', 'dead', 'created']) {
    expect(candidatesIn([listed('a', state, shop)], free, wish).candidates).toHaveLength(1);
  }
});

it('keeps what is protected, asked to stay, a task of Swarm, or not known yet, and says why', () => {
  const kept = (labels: object, protection: string | null | undefined, keep: readonly string[] = []) =>
    candidatesIn(
      [listed('a', 'exited', { ...shop, ...labels })],
      new Map(protection === undefined ? [] : [[idOf('a'), protection]]),
      { ...wish, keep },
    ).kept[0]?.why;
  expect(kept({}, null)).toBeUndefined();
  expect(kept({}, 'the setting HEMOSTAT_PROTECT')).toBe('protected by the setting HEMOSTAT_PROTECT');
  expect(kept({}, undefined)).toBe('it came while it was looked');
  expect(kept({ 'com.docker.swarm.task.id': 'x' }, null)).toContain('Swarm');
  for (const ref of ['a', 'web', idOf('a'), idOf('a').slice(0, 12)]) {
    expect(kept({}, null, [ref])).toBe('it was asked to stay');
  }
});

it('keeps what other containers share a network, processes, memory, volumes or links with', () => {
  const of = (host: object) =>
    afterInspection(inspected('a'), [inspected('a'), inspected('b', { host })], 0, now);
  expect(of({})).toBeUndefined();
  for (const ref of ['a', idOf('a'), idOf('a').slice(0, 12)]) {
    for (const host of [
      { NetworkMode: `container:${ref}` },
      { IpcMode: `container:${ref}` },
      { PidMode: `container:${ref}` },
      { VolumesFrom: [`${ref}:ro`] },
    ]) {
      expect(of(host)).toBe('b depends on it');
    }
  }
  expect(of({ Links: ['/a:/b/alias'] })).toBe('b depends on it');
  expect(of({ NetworkMode: 'container:ab' })).toBeUndefined();
});

it('counts the age from the end, or from the creation of what never ran', () => {
  const after = (state: object, hours: number) =>
    afterInspection(inspected('a', { state }), [], hours * 3_600_000, now);
  expect(after({}, 1)).toBe('it ended too short a time ago');
  expect(after({}, 0.9)).toBeUndefined();
  const never = { Status: 'created', FinishedAt: '0001-01-01T00:00:00Z' };
  expect(after(never, 25)).toBe('it ended too short a time ago');
  expect(after(never, 24)).toBeUndefined();
  expect(after({ Status: 'running', Running: true }, 0)).toBe('it is running by now');
});

it('reads a scope as it was written, and nothing beside it', () => {
  for (const scope of [{ all: true }, { project: 'shop' }, { label: 'a/b=c=d/e' }] as const) {
    expect(scopeNamed(scopeName(scope))).toEqual(scope);
  }
  expect(isInScope({ 'com.docker.compose.project': 'shop-2' }, { project: 'shop' })).toBe(false);
  expect(isInScope({ 'a/b': 'c=d/e' }, { label: 'a/b=c=d/e' })).toBe(true);
  expect(isInScope({ key: '' }, { label: 'key' })).toBe(true);
  expect(isInScope({ key: 'x' }, { label: 'key=' })).toBe(false);
  expect(isInScope({ keys: 'x' }, { label: 'key' })).toBe(false);
});

it('takes a label that nothing carries for what it is, also one called as what every object has', () => {
  for (const label of ['toString', 'constructor', '__proto__', 'hasOwnProperty']) {
    const { candidates } = candidatesIn([listed('a', 'exited', shop)], free, { scope: { label }, keep: [] });
    expect(candidates, label).toEqual([]);
  }
  const carries = [listed('a', 'exited', { constructor: 'ann' })];
  expect(
    candidatesIn(carries, free, { scope: { label: 'constructor=ann' }, keep: [] }).candidates,
  ).toHaveLength(1);
});
