import fc from 'fast-check';
import { expect, it } from 'vitest';
import { holds } from '../../tests/proof/holds.ts';
import { callText, containerCall, pathText } from './engine-port.ts';

const id = 'a1'.repeat(32);

it('shows a call as it goes over the wire', () => {
  expect(callText(containerCall('POST', id, 'restart', { t: 10 }))).toBe(
    `POST /containers/${id}/restart?t=10`,
  );
  expect(callText({ ...containerCall('POST', id, 'update'), body: { CpuShares: 512 } })).toBe(
    `POST /containers/${id}/update {"CpuShares":512}`,
  );
});

it('takes a container by its full id only, never by a name or a part of an id', () => {
  for (const other of ['web', id.slice(0, 12), '', '..', 'prune?x=', `${id}/kill`, id.toUpperCase()]) {
    expect(() => containerCall('POST', other, 'restart')).toThrow(RangeError);
  }
});

it('keeps any text in its own segment of the path', () => {
  holds(
    fc.property(fc.array(fc.string({ minLength: 1, unit: 'binary' }), { minLength: 1 }), (segments) => {
      fc.pre(segments.every((segment) => segment !== '.' && segment !== '..' && segment.isWellFormed()));
      const { pathname, search, hash } = new URL(`http://engine${pathText(segments)}`);
      expect(pathname.slice(1).split('/').map(decodeURIComponent)).toEqual(segments);
      expect(search + hash).toBe('');
    }),
  );
});

it('refuses segments that lead elsewhere', () => {
  for (const segment of ['', '.', '..']) expect(() => pathText(['containers', segment])).toThrow(RangeError);
});
