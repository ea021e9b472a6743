import { expect, it } from 'vitest';
import { foreignSite } from './same-site.ts';

const from = (host: string | undefined, origin?: string, fetchSite?: string) => ({ host, origin, fetchSite });

it('lets programs and its own pages in, by every name and address that nobody can rebind', () => {
  const own = ['localhost:9000', '127.0.0.1:9000', '[::1]:9000', 'hemostat.localhost', '127.8.9.1'];
  for (const host of [...own, '192.168.1.5:9000', '[fe80::1]:9000', 'Action-Server:9000', 'gateway']) {
    expect(foreignSite(from(host), ['action-server', 'GATEWAY:9000'])).toBeUndefined();
    expect(
      foreignSite(from(host, `http://${host}`, 'same-origin'), ['action-server', 'gateway']),
    ).toBeUndefined();
  }
});

it('refuses a rebound name wherever it listens, and says which setting knows names', () => {
  for (const host of [
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '1.2.3',
    '',
    undefined,
  ]) {
    expect(foreignSite(from(host), ['action-server'])).toMatch(/Host.*GATEWAY_ALLOWED_HOSTS/);
  }
  expect(foreignSite(from('action-server:9000'), [])).toContain('"action-server"');
});

it('refuses what a page of another site sends', () => {
  for (const origin of ['https://evil.example', 'http://localhost:3000', 'null']) {
    expect(foreignSite(from('localhost:9000', origin), [])).toContain('other web sites');
  }
  expect(foreignSite(from('localhost:9000', undefined, 'cross-site'), [])).toContain('other web sites');
});
