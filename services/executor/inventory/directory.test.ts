import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { targetId } from '#libs/contracts/target';
import { holds } from '../../../tests/proof/holds.ts';
import { containerOf, directoryOf, find, networkDependents } from './directory.ts';
import type { KnownContainer } from './identity.ts';

const idOf = (start: string) => start.padEnd(64, '0');

function container(change: Partial<KnownContainer> & { readonly name: string }): KnownContainer {
  return {
    target: { engine: 'local', kind: 'container', name: change.name },
    id: idOf('f'),
    service: null,
    protected_by: null,
    limits: undefined,
    state: 'running',
    image: 'web:1',
    created: 1,
    network_of: null,
    ...change,
  };
}
const task = (name: string, id: string, change: Partial<KnownContainer> = {}) =>
  container({
    name,
    id: idOf(id),
    service: 'api',
    target: { engine: 'local', kind: 'swarm', name: 'shop_api' },
    ...change,
  });
const sibling = (n: number) =>
  container({
    name: `shop-api-${n}`,
    id: idOf(`${n}`.repeat(12)),
    service: 'api',
    target: { engine: 'local', kind: 'compose', name: `shop/api/${n}` },
  });
const answer = (all: readonly KnownContainer[], ref: string) => {
  const found = find(directoryOf(all), ref);
  return found.status === 'resolved' ? targetId(found.resolved.target) : found.status;
};

describe('a container is found', () => {
  const web = container({ name: 'web', id: idOf('0123456789abcdef') });

  it('as the same target by name, full id and short id', () => {
    for (const ref of ['web', web.id, '0123456789ab', '0123456789abcdef']) {
      expect(answer([web], ref)).toBe('local/container/web');
    }
  });

  it('by its exact name only, never by a part of it or in another case', () => {
    for (const ref of ['we', 'web2', 'Web', '0123456789a']) expect(answer([web], ref)).toBe('not_found');
  });

  it('by its name although that is the start of another one’s id', () => {
    const named = container({ name: '0123456789ab', id: idOf('e') });
    expect(answer([web, named], '0123456789ab')).toBe('local/container/0123456789ab');
  });

  it('by the name of its Compose service while that has one container', () => {
    expect(answer([sibling(1)], 'api')).toBe('local/compose/shop/api/1');
  });

  it('by the name of its Swarm service, however many tasks that has', () => {
    expect(answer([task('a', 'a1'), task('b', 'b2')], 'api')).toBe('local/swarm/shop_api');
  });
});

describe('a name that fits more than one target', () => {
  it('is answered with all of them', () => {
    expect(find(directoryOf([sibling(2), sibling(1)]), 'api')).toMatchObject({
      status: 'ambiguous',
      candidates: ['local/compose/shop/api/1', 'local/compose/shop/api/2'],
    });
  });

  it('is ambiguous also as the start of two ids', () => {
    const two = [
      container({ name: 'a', id: idOf('0123456789ab1') }),
      container({ name: 'b', id: idOf('0123456789ab2') }),
    ];
    expect(answer(two, '0123456789ab')).toBe('ambiguous');
    expect(answer(two, '0123456789ab2')).toBe('local/container/b');
  });
});

it('is protected as a whole when one of its containers is', () => {
  const found = find(directoryOf([task('a', 'a1'), task('b', 'b2', { protected_by: 'its label' })]), 'a');
  expect(found).toMatchObject({ resolved: { protected_by: 'its label' } });
});

it('lets a running container stand for its target, of several the newest', () => {
  const all = [
    task('old', 'a1', { created: 1 }),
    task('new', 'b2', { created: 3 }),
    task('gone', 'c3', { created: 9, state: 'exited' }),
  ];
  expect(containerOf(directoryOf(all), task('x', 'd').target)?.name).toBe('new');
});

it('knows who lives in the network of a container, by its id or its name', () => {
  const web = container({ name: 'web', id: idOf('a') });
  const all = [
    web,
    container({ name: 'one', id: idOf('b'), network_of: web.id }),
    container({ name: 'two', id: idOf('c'), network_of: 'web' }),
    container({ name: 'three', id: idOf('d'), network_of: 'we' }),
  ];
  expect(networkDependents(directoryOf(all), web)).toEqual(['one', 'two']);
});

it('never resolves a text that is not exactly a name, a service or the start of an id', () => {
  const name = fc.stringMatching(/^[a-f0-9][a-f0-9_.-]{0,15}$/);
  const hex = fc.stringMatching(/^[0-9a-f]{64}$/);
  holds(
    fc.property(fc.uniqueArray(fc.tuple(name, hex), { selector: ([first]) => first }), name, (pairs, ref) => {
      const all = pairs.map(([each, id]) => container({ name: each, id }));
      const found = find(directoryOf(all), ref);
      const fits = (each: KnownContainer) =>
        each.name === ref || (/^[0-9a-f]{12,}$/.test(ref) && each.id.startsWith(ref));
      if (found.status === 'resolved') {
        const id = found.resolved.container_id;
        expect(all.filter((each) => each.id === id).some(fits)).toBe(true);
      } else expect(all.some(({ name: each }) => each === ref)).toBe(false);
    }),
  );
});

it('is refused with both names where two containers claim to be one target, whatever it is called by', () => {
  const copy = { ...sibling(1), id: idOf('c0ffee'), name: 'copy' };
  for (const ref of ['api', 'copy', 'shop-api-1', copy.id]) {
    expect(find(directoryOf([sibling(1), copy]), ref)).toMatchObject({
      status: 'ambiguous',
      message: expect.stringContaining('copy and shop-api-1 are both local/compose/shop/api/1'),
      candidates: ['copy', 'shop-api-1'],
    });
  }
});

it('is bound to the id of the container that was meant', () => {
  const web = container({ name: 'web', id: idOf('a') });
  expect(find(directoryOf([web]), 'web')).toMatchObject({ resolved: { bound: { containers: [web.id] } } });
});
