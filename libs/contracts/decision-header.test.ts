import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { approvalFor } from '#libs/testing/guard-ground';
import { fromDecisionHeader, toDecisionHeader } from './decision-header.ts';
import { canonicalJson } from './json.ts';

const ids = (many: number) => Array.from({ length: many }, () => randomBytes(32).toString('hex'));

it('a decision comes out of its header as it went in, also with the longest list that a cleanup has', () => {
  const approval = approvalFor(
    { containers: ids(100), images: ids(100).map((id) => `sha256:${id}`) },
    { by: ['cleanup'] },
  );
  const header = toDecisionHeader(approval) ?? '';
  expect(header).toMatch(/^[A-Za-z0-9_-]+$/);
  expect(header.length).toBeLessThan(11 * 1_024);
  expect(canonicalJson(fromDecisionHeader(header))).toBe(canonicalJson(approval));
});

it('one that is longer than what proxies take is not sent', () => {
  expect(
    toDecisionHeader(approvalFor({ containers: ids(200), images: ids(200) }, { by: ['cleanup'] })),
  ).toBeUndefined();
});
