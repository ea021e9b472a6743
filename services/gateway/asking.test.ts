import { expect, it } from 'vitest';
import { z } from 'zod';
import { runbooks } from '#libs/runbooks/catalogue';
import { askOf, fingerprintOfAsking, wishSchema } from './asking.ts';

const wish = { container: 'web-1', action: 'restart' };

it('makes an ask with its defaults, and keeps the engine apart', () => {
  expect(askOf(wishSchema.parse({ ...wish, engine: 'east', confidence: 0.9 }))).toEqual({
    ask: { ...wish, params: {}, confidence: 0.9, dry_run: false },
    engine: 'east',
  });
});

it('names the actions there are when it is asked for another one', () => {
  const parsed = wishSchema.safeParse({ ...wish, action: 'explode' });
  expect(parsed.error?.issues[0]).toMatchObject({
    path: ['action'],
    message: expect.stringMatching(/"explode" is no action; there are: .*restart/),
  });
});

it('refuses parameters that the action does not take, by name', () => {
  expect(() => askOf(wishSchema.parse({ ...wish, params: { force: true } }))).toThrow('params.force');
});

it('takes each gate to override once', () => {
  const trouble = (override: readonly string[]) =>
    wishSchema.safeParse({ ...wish, override }).error?.issues.map(({ message }) => message);
  expect(trouble(['cooldown', 'rate'])).toBeUndefined();
  expect(trouble(['cooldown', 'cooldown'])).toEqual(['names a gate twice']);
});

it('tells another request from a retry by everything that was asked, and by nothing else', () => {
  const of = (more: object) => fingerprintOfAsking(askOf(wishSchema.parse({ ...wish, ...more })));
  expect(of({ metrics: { a: 1, b: 2 } })).toBe(of({ metrics: { b: 2, a: 1 }, dry_run: false }));
  const different = [{}, { dry_run: true }, { engine: 'east' }, { reason: 'x' }, { confidence: 0.5 }].map(of);
  expect(new Set(different).size).toBe(different.length);
});

it('needs a container exactly where the action is about one', () => {
  const trouble = (body: object) =>
    wishSchema.safeParse(body).error?.issues.map(({ path }) => path.join('.'));
  expect(trouble({ action: 'restart' })).toEqual(['container']);
  expect(trouble({ action: 'stop-chaos-attack', container: 'web-1' })).toEqual(['container']);
  expect(trouble({ action: 'stop-chaos-attack', params: { attack_id: 'a' } })).toBeUndefined();
  expect(trouble({ action: 'remediate-db-pool-exhaustion' })).toBeUndefined();
});

it('documents the parameters of every action and runbook', () => {
  const form = z.looseObject({ title: z.string(), properties: z.looseObject({ params: z.looseObject({}) }) });
  const { anyOf } = z
    .looseObject({ anyOf: z.array(form) })
    .parse(z.toJSONSchema(wishSchema, { io: 'input' }));
  expect(anyOf.map(({ title }) => title)).toEqual(runbooks.map(({ name }) => name));
  const stop = anyOf.find(({ title }) => title === 'stop-chaos-attack');
  expect(stop?.properties.params.properties).toMatchObject({ attack_id: { type: 'string' } });
});
