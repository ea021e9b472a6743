import { describe, expect, it } from 'vitest';
import type { ScaleWish } from '#libs/contracts/rpc';
import { targetId } from '#libs/contracts/target';
import { directoryOf } from './directory.ts';
import type { KnownContainer } from './identity.ts';
import { findForScaling } from './scaling.ts';

function container(name: string, target: KnownContainer['target'], more: Partial<KnownContainer> = {}) {
  const id = Buffer.from(name).toString('hex').padEnd(64, '0').slice(0, 64);
  const known: KnownContainer = {
    target,
    id,
    name,
    service: null,
    protected_by: null,
    limits: undefined,
    state: 'running',
    image: 'web:1',
    created: 1,
    network_of: null,
    ...more,
  };
  return known;
}
const sibling = (project: string, number: number, more: Partial<KnownContainer> = {}) =>
  container(
    `${project}-api-${number}`,
    { engine: 'local', kind: 'compose', name: `${project}/api/${number}` },
    { service: 'api', ...more },
  );
const task = container('web.1.x', { engine: 'local', kind: 'swarm', name: 'web' }, { service: 'web' });
const lone = container('lone', { engine: 'local', kind: 'container', name: 'lone' });
const shop = [1, 2, 10].map((number) => sibling('shop', number));

function look(ref: string, wish: ScaleWish, all: readonly KnownContainer[] = [...shop, task, lone]) {
  const found = findForScaling(directoryOf(all), ref, wish);
  if (found.status !== 'resolved') return found.status;
  return [found.resolved, ...(found.further ?? [])].map(({ target }) => targetId(target));
}

describe('what is scaled', () => {
  it('is the service, by the name of any of its containers or by its own', () => {
    const up = { direction: 'up' } as const;
    for (const ref of ['shop-api-1', 'shop-api-10', 'api'])
      expect(look(ref, up)).toEqual(['local/compose/shop/api']);
    for (const ref of ['web.1.x', 'web']) expect(look(ref, up)).toEqual(['local/swarm/web']);
    expect(look('lone', up)).toEqual(['local/container/lone']);
    expect(look('ap', up)).toBe('not_found');
  });

  it('is ambiguous only when two services have the name', () => {
    expect(look('api', { direction: 'up' }, [...shop, sibling('blog', 1)])).toBe('ambiguous');
  });

  it('takes those with it that would have to go, the highest numbers first, and never the last one', () => {
    const of = (...numbers: readonly number[]) => [
      'local/compose/shop/api',
      ...numbers.map((number) => `local/compose/shop/api/${number}`),
    ];
    expect(look('api', { direction: 'down' })).toEqual(of(10));
    expect(look('api', { direction: 'down', replicas: 1 })).toEqual(of(10, 2));
    expect(look('api', { direction: 'down', replicas: 0 })).toEqual(of(10, 2));
    expect(look('web', { direction: 'down' })).toEqual(['local/swarm/web']);
  });

  it('is bound to the newest that runs, or to those that go', () => {
    const all = [
      sibling('shop', 1),
      sibling('shop', 2, { created: 2 }),
      sibling('shop', 3, { state: 'exited' }),
    ];
    const bound = (wish: ScaleWish) => {
      const found = findForScaling(directoryOf(all), 'api', wish);
      return found.status === 'resolved' ? found.resolved.bound?.containers : undefined;
    };
    expect(bound({ direction: 'up' })).toEqual([all[1]?.id]);
    expect(bound({ direction: 'down', replicas: 1 })).toEqual([all[2]?.id, all[1]?.id]);
  });

  it('is protected when one of its containers is', () => {
    const all = [...shop, sibling('shop', 3, { protected_by: 'its label' })];
    const found = findForScaling(directoryOf(all), 'shop-api-1', { direction: 'up' });
    expect(found).toMatchObject({ resolved: { protected_by: 'its label' } });
  });
});
