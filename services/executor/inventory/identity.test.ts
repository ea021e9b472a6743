import { describe, expect, it } from 'vitest';
import type { Protection } from '#libs/actions/protection';
import type { ContainerSummary } from '../docker/answers.ts';
import { identify } from './identity.ts';

const nobody: Protection = { names: [], ownId: '' };
const compose = {
  'com.docker.compose.project': 'shop',
  'com.docker.compose.service': 'api',
  'com.docker.compose.container-number': '2',
};

function summary(change: Partial<ContainerSummary> = {}): ContainerSummary {
  return {
    Id: 'ab'.repeat(32),
    Names: ['/web'],
    Image: 'web:1',
    State: 'running',
    Created: 1,
    Labels: {},
    HostConfig: null,
    ...change,
  };
}
const targetOf = (change: Partial<ContainerSummary>) => identify(summary(change), 'local', nobody)?.target;

describe('a container is', () => {
  it('its name, where nothing else is known', () => {
    expect(targetOf({})).toEqual({ engine: 'local', kind: 'container', name: 'web' });
  });

  it('its own name, not one that a link gave it', () => {
    expect(targetOf({ Names: ['/proxy/upstream', '/web'] })?.name).toBe('web');
  });

  it('its place in a Compose project, whatever it is called', () => {
    expect(targetOf({ Labels: compose })).toEqual({ engine: 'local', kind: 'compose', name: 'shop/api/2' });
  });

  it('no part of a Compose service when it is a one-off run of it', () => {
    const Labels = { ...compose, 'com.docker.compose.oneoff': 'True' };
    expect(targetOf({ Labels })?.kind).toBe('container');
  });

  it('its Swarm service', () => {
    const Labels = { 'com.docker.swarm.service.name': 'shop_api' };
    expect(targetOf({ Labels })).toEqual({ engine: 'local', kind: 'swarm', name: 'shop_api' });
  });

  it('just a container when its labels could not be a name', () => {
    expect(targetOf({ Labels: { ...compose, 'com.docker.compose.service': 'a/b' } })?.kind).toBe('container');
  });

  it('nobody while it is being removed', () => {
    expect(targetOf({ Names: [] })).toBeUndefined();
  });
});

describe('a container is protected', () => {
  const by = (change: Partial<ContainerSummary>, protection = nobody) =>
    identify(summary(change), 'local', protection)?.protected_by;

  it('by a label that is not switched off', () => {
    for (const value of ['true', '1', '', 'yes']) {
      expect(by({ Labels: { 'hemostat.protect': value } })).toContain('hemostat.protect');
    }
    for (const value of ['false', '0', 'off', 'No']) {
      expect(by({ Labels: { 'hemostat.protect': value } })).toBeNull();
    }
  });

  it('as a part of the mesh', () => {
    expect(by({ Labels: { 'hemostat.mesh': 'nats' } })).toContain('hemostat.mesh');
  });

  it('by name, by service or as a target, in the setting', () => {
    for (const name of ['web', 'api', 'local/compose/shop/api/2']) {
      expect(by({ Labels: compose }, { names: [name], ownId: '' })).toContain('HEMOSTAT_PROTECT');
    }
    expect(by({ Labels: compose }, { names: ['we', 'shop'], ownId: '' })).toBeNull();
  });

  it('when the executor runs in it', () => {
    expect(by({}, { names: [], ownId: 'ab'.repeat(6) })).toContain('executor');
    expect(by({}, { names: [], ownId: 'ab' })).toBeNull();
  });
});
