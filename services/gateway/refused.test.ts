import { expect, it } from 'vitest';
import type { Asking } from './asking.ts';
import { judged, refusedAsk } from './refused.ts';

const secret = 'hunter2hunter2';
const rules = { commands: new Map([['redis-cli', { flags: ['ping'] }]]) };
const asking = (params: object, action = 'exec'): Asking => ({
  ...{ id: '7d4c1f34-3f4e-4f6a-8d0e-5a7b8c9d0e1f', door: 'http', principal: 'ann', engine: undefined },
  receivedAtMs: 0,
  ask: { container: 'db', action, params: { ...params }, dry_run: false },
});

it.each([
  [['mysql', '-u', 'root', `-p${secret}`], 'mysql -u root -p(not shown)'],
  [['redis-cli', '-a', secret, 'ping'], 'redis-cli -a (not shown) ping'],
  [['curl', `https://ann:${secret}@example.org`], 'curl https://(not shown)@example.org'],
  [['sh', '-c', `API_TOKEN=${secret} run`], 'sh -c API_TOKEN=(not shown) run'],
])('a command that is denied is kept without what looks like a secret: %j', (command, kept) => {
  const { ask, invalid } = judged(asking({ command }), rules);
  expect(ask.params.command).toBe(kept);
  expect(invalid?.errors).toMatchObject([{ field: 'params.command' }]);
  expect(JSON.stringify(invalid)).not.toContain(secret);
});

it('an action that there is not is kept without secrets, in its name, its parameters and what is said of it', () => {
  const input = { container: 'db', action: `login --password ${secret}`, params: { password: secret, n: 1 } };
  const message = `action: ${JSON.stringify(input.action)} is no action`;
  const refused = refusedAsk(input, { message, errors: [{ field: 'action', message }] });
  const { ask, invalid } = judged({ ...asking({}), ...refused }, rules);
  expect(ask).toMatchObject({ params: { password: '(not shown)', n: 1 } });
  expect(JSON.stringify([ask, invalid])).not.toContain(secret);
  expect(invalid?.message).toBe('action: "(not shown)" is no action');
});

it('what can be done is left as it is, and what cannot has an id of its own for each reason', () => {
  const fine = asking({ command: ['redis-cli', 'ping'] });
  expect(judged(fine, rules)).toBe(fine);
  const [first, again, other] = ['rm', 'rm', 'dd'].map(
    (name) => judged(asking({ command: [name] }), rules).id,
  );
  expect(first).toBe(again);
  expect(new Set([first, other, fine.id]).size).toBe(3);
});
