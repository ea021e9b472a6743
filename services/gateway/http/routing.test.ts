import { expect, it } from 'vitest';
import { RouteTable } from './routing.ts';

it('knows the methods of a path, whichever routes it fits', () => {
  const table = new RouteTable();
  table.add('GET', '/api/v1/remediations/:id');
  table.add(['POST', 'PUT'], '/api/v1/remediations/:id');
  table.add('GET', '/docs/*');
  expect(table.methodsOf('/api/v1/remediations/x.y')).toEqual(['GET', 'POST', 'PUT']);
  expect(table.methodsOf('/api/v1/remediations/x/y')).toEqual([]);
  expect(table.methodsOf('/docs/a/b')).toEqual(['GET']);
  expect(table.methodsOf('/api/v1/remediations')).toEqual([]);
});
