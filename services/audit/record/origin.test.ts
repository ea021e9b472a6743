import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { aRequested, aTarget } from '#libs/testing/examples';
import { createOrigins, originOf } from './origin.ts';

const requested = (id: string) => aRequested({ id, target: aTarget(`patient-${id.slice(0, 4)}`) });

function reading(): { readonly origins: ReturnType<typeof createOrigins>; readonly read: string[] } {
  const read: string[] = [];
  const from = async (id: string) => {
    read.push(id);
    return { body: requested(id), bytes: 100 };
  };
  return { origins: createOrigins(from, { entries: 3, bytes: 1_000 }), read };
}

describe('what a request said', () => {
  it('is remembered, so that nothing is read for what was just heard', async () => {
    const { origins, read } = reading();
    const id = randomUUID();
    origins.learn(id, requested(id), 100);
    await origins.recall([id]);
    expect(read).toEqual([]);
    expect(origins.get(id)).toMatchObject({ principal: 'anonymous', action: 'restart' });
  });

  it('is read once when it is not remembered', async () => {
    const { origins, read } = reading();
    const id = randomUUID();
    await origins.recall([id, id]);
    await origins.recall([id]);
    expect(read).toEqual([id]);
    expect(origins.get(id)?.container).toBe(`patient-${id.slice(0, 4)}`);
  });

  it('is forgotten when too many others were used since, or when others are too large', async () => {
    const { origins } = reading();
    const [a = '', b = '', c = '', d = ''] = Array.from({ length: 4 }, () => randomUUID());
    await origins.recall([a, b, c]);
    origins.get(a);
    await origins.recall([d]);
    expect([a, b, c, d].map((id) => origins.get(id) !== undefined)).toEqual([true, false, true, true]);
    origins.learn(b, requested(b), 5_000);
    expect([a, b, c, d].map((id) => origins.get(id) !== undefined)).toEqual([false, true, false, false]);
  });

  it('is nothing when the request is none, and that is remembered, too', async () => {
    const { origins, read } = reading();
    origins.learn('x', { type: 'nonsense' }, 10);
    await origins.recall(['x']);
    expect(origins.get('x')).toBeUndefined();
    expect(read).toEqual([]);
    expect(originOf('no object')).toBeUndefined();
  });
});
