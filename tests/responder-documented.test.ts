import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseJson } from '#libs/contracts/json';
import { auditVerbs, safetyVerbs, type Verb } from '#libs/contracts/rpc';
import { rpcSubject } from '#libs/contracts/subjects';

const text = readFileSync(join(import.meta.dirname, '..', 'docs', 'responder.md'), 'utf8');
const verbs: Readonly<Record<string, Verb>> = {
  [rpcSubject('audit', 'query')]: auditVerbs.query,
  [rpcSubject('safety', 'status')]: safetyVerbs.status,
  [rpcSubject('safety', 'reset')]: safetyVerbs.reset,
};

it('documents requests in the place of Redis commands as they are understood', () => {
  const requests = [...text.matchAll(/nats req (hemostat\.rpc\.\S+) '(\{.*?\})'/g)];
  expect(requests.length).toBeGreaterThanOrEqual(3);
  for (const [, subject = '', body = ''] of requests) {
    expect(verbs[subject]?.request.safeParse(parseJson(body)), `${subject} ${body}`).toMatchObject({
      success: true,
    });
  }
});
