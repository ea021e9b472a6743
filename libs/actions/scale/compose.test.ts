import { describe, expect, it } from 'vitest';
import type { ContainerReading, Member } from '#libs/contracts/rpc';
import type { Details } from '#libs/contracts/scalars';
import { aPatient, prepared, refusal, runningReading } from '#libs/testing/patient-example';
import type { Patient } from '../action.ts';
import { ActionFailed, type EngineCall } from '../engine-port.ts';
import { scaleDown } from '../scale-down.ts';
import { scaleUp } from '../scale-up.ts';

const idOf = (number: number) => String(number).padStart(64, '0');
const nameOf = (number: number) => `shop-api-${number}`;
const target = { engine: 'local', kind: 'compose', name: 'shop/api' } as const;

type Example = {
  readonly down?: readonly number[];
  readonly numbers?: readonly number[];
  readonly names?: string[];
  readonly config?: Details;
  readonly mounts?: Details[];
  readonly image?: string;
};

/** A family as the survey reads it. */
function family({
  numbers = [1],
  down = [],
  names = [],
  config = {},
  mounts = [],
  image = 'sha256:1',
}: Example = {}): Patient {
  const inspection = (number: number) => ({
    Id: idOf(number),
    Name: `/${nameOf(number)}`,
    Image: 'sha256:1',
    Config: { Image: 'shop/api:1', Labels: {}, ...config },
    HostConfig: { NetworkMode: 'shop_default' },
    Mounts: mounts,
    NetworkSettings: { Networks: {} },
  });
  const siblings = numbers.map((number, at) => ({
    id: idOf(number),
    name: nameOf(number),
    number,
    running: !down.includes(number),
    created: at,
    dependents: [],
  }));
  const inspections = Object.fromEntries(numbers.map((number) => [idOf(number), inspection(number)]));
  const all = {
    siblings,
    names: [...siblings.map(({ name }) => name), ...names],
    inspections,
    image_id: image,
  };
  return aPatient(
    {},
    { target, container_name: nameOf(1), remediation_id: 'r-1', surveyed: { family: all } },
  );
}

const member = (number: number, more: Partial<Member> = {}): Member => ({
  container_id: idOf(number),
  container_name: nameOf(number),
  status: 'running',
  running: true,
  restarting: false,
  started_at: '2025-01-01T00:00:00Z',
  exit_code: 0,
  health: 'none',
  made_by: null,
  ...more,
});
const reading = (...members: readonly Member[]): ContainerReading => ({
  ...runningReading,
  replicas: { desired: members.length, running: members.length, members: [...members] },
});
const made = (number: number, more: Partial<Member> = {}) => member(number, { made_by: 'r-1', ...more });

describe('scale_up of a Compose service', () => {
  it('takes the lowest number that no sibling and no stranger has', () => {
    const { evidence, notes } = prepared(scaleUp, family({ numbers: [1, 3], names: [nameOf(2)] }), {
      replicas: 4,
    });
    expect(evidence).toMatchObject({
      clones: [nameOf(4), nameOf(5)],
      previous_replicas: 2,
      new_replicas: 4,
      replicas_wanted: { running: 2, made_by: 'r-1' },
    });
    expect(notes.join()).toContain('the next docker compose up sets the number back');
  });

  it('says what is shared, what does not run, and that the image is another by now', () => {
    const mounts = [{ Type: 'volume', Name: 'db', Destination: '/data', RW: true }];
    const { notes, calls } = prepared(
      scaleUp,
      family({ numbers: [1, 2], down: [2], mounts, image: 'sha256:2' }),
    );
    expect(notes.join()).toContain('same volumes as its siblings: /data');
    expect(notes.join()).toContain(`do not run: ${nameOf(2)}`);
    expect(notes.join()).toContain('stands for another image by now');
    expect(calls[0]?.body).toMatchObject({ Image: 'sha256:1' });
  });

  it('does not begin while Compose is re-creating one, nor without one that runs', () => {
    expect(refusal(scaleUp, family({ numbers: [1, 2, 2] }))).toContain('two containers of the number 2');
    expect(refusal(scaleUp, family({ down: [1] }))).toContain('No container of shop/api runs');
  });

  it('clones the container that the request was bound to, and no other', () => {
    const bound = { containers: [idOf(1)] };
    expect(prepared(scaleUp, { ...family({ numbers: [1, 2] }), bound }).evidence).toMatchObject({
      sibling_id: idOf(1),
    });
    const gone = family({ numbers: [1, 2], down: [1] });
    expect(refusal(scaleUp, { ...gone, bound })).toContain('was to be cloned does not run any more');
  });

  it('takes away the containers that the request was bound to, and no others', () => {
    const bound = { containers: [idOf(2)] };
    expect(prepared(scaleDown, { ...family({ numbers: [1, 2] }), bound }).evidence).toMatchObject({
      removed: [{ container_id: idOf(2) }],
    });
    expect(refusal(scaleDown, { ...family({ numbers: [1, 3] }), bound })).toContain('are others than when');
  });

  it('is found done, half done or not done by what carries its mark, and by nothing else', () => {
    const { evidence } = prepared(scaleUp, family(), { replicas: 3 });
    const look = (...members: readonly Member[]) => scaleUp.observe(evidence, reading(member(1), ...members));
    expect(look(member(2), made(3, { made_by: 'another' }))).toMatchObject({ kind: 'not_seen_yet' });
    expect(look(made(2))).toMatchObject({ kind: 'half_done' });
    expect(look(made(2), made(3, { started_at: null, status: 'created' }))).toMatchObject({
      kind: 'half_done',
      message: expect.stringContaining(`2 were created and 1 started. Not started: ${nameOf(3)}`),
    });
    expect(look(made(2), made(3, { running: false, status: 'exited' }))).toMatchObject({
      kind: 'happened',
      result: { service: 'shop/api', previous_replicas: 1, new_replicas: 3 },
    });
  });

  it('removes again what the engine will not start, and tells what stands', async () => {
    const patient = family();
    const calls: string[] = [];
    const engine = {
      exec: () => Promise.reject(new Error('not asked')),
      call: async ({ method, path }: EngineCall) => {
        calls.push(`${method} ${path[1] === 'create' ? 'create' : path.at(-1)}`);
        if (path[1] === 'create') return { Id: idOf(calls.length) };
        if (path.at(-1) === 'start' && calls.length > 3) throw refused('no space left on device');
        return undefined;
      },
    };
    const reader = { read: async () => undefined };
    const run = scaleUp.run({ engine, reader }, patient, prepared(scaleUp, patient, { replicas: 3 }), signal);
    const failure = await run.catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ActionFailed);
    expect(failure).toMatchObject({
      message: expect.stringMatching(
        /shop-api-3 could not be started and was removed again.*no space.*run: shop-api-2/,
      ),
      result: { containers_created: [{ name: nameOf(2) }] },
    });
    expect(calls).toEqual(['POST create', 'POST start', 'POST create', 'POST start', `DELETE ${idOf(3)}`]);
  });
});

describe('scale_down of a Compose service', () => {
  it('stops and removes the highest numbers by their ids, keeps volumes, and names what it touches', () => {
    const volume = 'ef'.repeat(32);
    const mounts = [{ Type: 'volume', Name: volume, Destination: '/scratch', RW: true }];
    const ready = prepared(scaleDown, family({ numbers: [2, 1, 3], mounts, config: { StopTimeout: 4 } }), {
      replicas: 1,
    });
    expect(ready.calls).toMatchObject([
      { method: 'POST', path: ['containers', idOf(3), 'stop'], query: { t: 4 } },
      { method: 'DELETE', path: ['containers', idOf(3)], query: { v: false } },
      { method: 'POST', path: ['containers', idOf(2), 'stop'] },
      { method: 'DELETE', path: ['containers', idOf(2)] },
    ]);
    expect(ready.touches?.map(({ name }) => name)).toEqual(['shop/api/3', 'shop/api/2']);
    expect(ready.notes.join()).toContain(volume);
  });

  it('keeps the last one that runs', () => {
    expect(refusal(scaleDown, family({ numbers: [1, 2], down: [1] }))).toContain(
      'none of those that stay runs',
    );
    expect(refusal(scaleDown, family())).toContain('never scaled below one');
  });

  it('is found done when all are gone, half done when one is down or gone, else not done', () => {
    const { evidence } = prepared(scaleDown, family({ numbers: [1, 2, 3] }), { replicas: 1 });
    const look = (...members: readonly Member[]) =>
      scaleDown.observe(evidence, reading(member(1), ...members)).kind;
    expect(look(member(2), member(3))).toBe('not_seen_yet');
    expect(look(member(2), member(3, { running: false, status: 'exited' }))).toBe('half_done');
    expect(look(member(2))).toBe('half_done');
    expect(look()).toBe('happened');
  });
});

it('leaves standalone containers alone', () => {
  for (const action of [scaleUp, scaleDown]) {
    expect(refusal(action, aPatient())).toContain('Standalone containers cannot be scaled');
  }
});

const signal = AbortSignal.timeout(10_000);
const refused = (message: string) => Object.assign(new Error(message), { kind: 'refused', status: 500 });
