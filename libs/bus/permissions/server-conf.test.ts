import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { renderServerConf } from './server-conf.ts';

const shipped = join(import.meta.dirname, '..', '..', '..', 'nats', 'nats.conf');

it('is what nats/nats.conf holds; else: node nats/prepare.ts --conf X --seeds X, and copy X/nats.conf', () => {
  expect(renderServerConf({ engines: ['local'], syncs: true })).toBe(readFileSync(shipped, 'utf8'));
});

it('lets the executors of further engines take their own decisions', () => {
  const conf = renderServerConf({ engines: ['local', 'edge'], syncs: true });
  expect(conf).toContain('$JS.API.CONSUMER.MSG.NEXT.HEMOSTAT.executor-edge');
  expect(conf).toContain('hemostat.rpc.executor.edge.*');
});

it('leaves out what servers before 2.10 would not start with', () => {
  expect(renderServerConf({ engines: ['local'], syncs: false })).not.toContain('sync_interval');
});
