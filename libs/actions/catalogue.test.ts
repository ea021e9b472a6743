import { expect, it } from 'vitest';
import { planNameSchema } from '#libs/contracts/scalars';
import { actionNamed, actions } from './catalogue.ts';

it('finds every action by its name, and no other', () => {
  for (const action of actions) expect(actionNamed(action.name)).toBe(action);
  expect(actionNamed('constructor')).toBeUndefined();
});

it('gives each action a name of its own that fits into a subject and a URL', () => {
  const names = actions.map(({ name }) => planNameSchema.parse(name));
  expect(new Set(names).size).toBe(names.length);
});
