import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import type { Action } from '#libs/actions/action';
import { actions } from '#libs/actions/catalogue';

const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8');
const section = readme.slice(readme.indexOf('\n## Actions\n')).split('\n## ')[1] ?? '';
const rows = new Map(
  section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, name = '', ...cells]) => [name.replaceAll('`', ''), cells]),
);

const proofOf = (action: Action): string =>
  action.on === 'container' && action.expects ? `stably ${action.expects}` : 'nothing to verify';

it('documents every action in the README, and none that is not there', () => {
  expect([...rows.keys()].sort()).toEqual(actions.map(({ name }) => name).sort());
});

it('documents what the catalogue says of each', () => {
  for (const action of actions) {
    const [params = '', risk, reversible, proof] = rows.get(action.name) ?? [];
    expect({ risk, reversible }).toEqual({ risk: action.risk, reversible: action.reversible ? 'yes' : 'no' });
    expect(proof).toContain(proofOf(action));
    const { properties = {} } = z.toJSONSchema(action.params, { io: 'input' });
    for (const name of Object.keys(properties)) expect(params).toContain(`\`${name}\``);
  }
});
