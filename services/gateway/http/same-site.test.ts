import { expect, it } from 'vitest';
import { foreignSite } from './same-site.ts';

const from = (host: string | undefined, origin?: string, fetchSite?: string) => ({ host, origin, fetchSite });

it('lets programs and its own pages in', () => {
  for (const host of ['localhost:9000', '127.0.0.1:9000', '[::1]:9000', 'hemostat.localhost', '127.8.9.1']) {
    expect(foreignSite(from(host), true)).toBeUndefined();
    expect(foreignSite(from(host, `http://${host}`, 'same-origin'), true)).toBeUndefined();
  }
});

it('refuses a rebound name on loopback, where nobody else may name this machine', () => {
  for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '', undefined]) {
    expect(foreignSite(from(host), true)).toContain('Host');
  }
  expect(foreignSite(from('action-server:9000'), false)).toBeUndefined();
});

it('refuses what a page of another site sends, wherever it listens', () => {
  for (const loopback of [true, false]) {
    expect(foreignSite(from('localhost:9000', 'https://evil.example'), loopback)).toContain(
      'other web sites',
    );
    expect(foreignSite(from('localhost:9000', 'http://localhost:3000'), loopback)).toContain(
      'other web sites',
    );
    expect(foreignSite(from('localhost:9000', 'null'), loopback)).toContain('other web sites');
    expect(foreignSite(from('localhost:9000', undefined, 'cross-site'), loopback)).toContain(
      'other web sites',
    );
  }
});
