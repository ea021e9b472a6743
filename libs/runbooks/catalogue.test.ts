import { expect, it } from 'vitest';
import { actions } from '#libs/actions/catalogue';
import { planSchema } from '#libs/contracts/plan';
import type { ResolvedTarget } from '#libs/contracts/target';
import { planFor, runbooks } from './catalogue.ts';

const web: ResolvedTarget = {
  target: { engine: 'local', kind: 'compose', name: 'shop/api/1' },
  container_id: 'a'.repeat(64),
  container_name: 'shop-api-1',
  protected_by: null,
};
const project: ResolvedTarget = {
  ...web,
  target: { engine: 'local', kind: 'cleanup', name: 'project/shop' },
};
const settings = { stabilitySeconds: 5, timeoutSeconds: 60, startingSeconds: 600, httpHealthOf: [] };

const needed: Record<string, object> = {
  'stop-chaos-attack': { attack_id: 'abc-123' },
  'scale-pool': { size: 20 },
  'update-resources': { cpus: 1 },
};

it('makes a valid plan of one step for every action', () => {
  for (const action of actions) {
    const params = { ...needed[action.name] };
    const about = action.on === 'engine' ? project : web;
    const plan = planSchema.parse(planFor(action.name, [about], params, settings));
    const { target } = about;
    expect(plan.steps).toMatchObject([{ n: 1, action: action.name, target, when: 'always' }]);
  }
});

it('verifies a restart by a running container, stable for as long as the settings say', () => {
  expect(planFor('restart', [web], {}, settings)?.steps[0]?.verify).toEqual({
    state: 'running',
    http_health: false,
    stability_seconds: 5,
    starting_seconds: 600,
    timeout_seconds: 60,
  });
});

it('asks the target server for its health when it is named by container or by Compose service', () => {
  const asks = (name: string) =>
    planFor('restart', [web], {}, { ...settings, httpHealthOf: [name] })?.steps[0]?.verify?.http_health;
  expect([asks('api'), asks('shop-api-1'), asks('shop')]).toEqual([true, true, false]);
});

it('knows no plan by another name', () => {
  expect(planFor('restart-everything', [web], {}, settings)).toBeUndefined();
});

it('gives each runbook a name of its own', () => {
  expect(new Set(runbooks.map(({ name }) => name)).size).toBe(runbooks.length);
});
