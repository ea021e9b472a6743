import { describe, expect, it } from 'vitest';
import type { Details } from '#libs/contracts/scalars';
import { callText, type EngineCall } from '../engine-port.ts';
import { cloneCalls } from './clone.ts';
import { type Template, templateSchema } from './template.ts';
import { obstacleToClone, separatorOf } from './whether-clonable.ts';

const id = 'ab'.repeat(32);
const volume = 'cd'.repeat(32);
const clone = { name: 'shop-api-2', number: 2, image: 'shop/api:1', remediation_id: 'r-1' };

function template(config: Details = {}, host: Details = {}, networks: Details = {}): Template {
  return templateSchema.parse({
    Id: id,
    Name: '/shop-api-1',
    Image: 'sha256:1234',
    Config: { Hostname: id.slice(0, 12), Image: 'shop/api:1', Labels: { tier: 'web' }, ...config },
    HostConfig: { NetworkMode: 'shop_default', ...host },
    NetworkSettings: { Networks: networks },
  });
}
function created(from: Template): Details {
  return cloneCalls(from, clone)[0]?.body ?? {};
}
const texts = (calls: readonly EngineCall[]) => calls.map((call) => callText(call).split(' {')[0]);

describe('a clone', () => {
  it('has the number, the mark of its remediation, and everything else that its sibling has', () => {
    expect(created(template({ Cmd: ['run'], User: 'app' }, { Memory: 5, CapDrop: ['ALL'] }))).toMatchObject({
      Image: 'shop/api:1',
      Cmd: ['run'],
      User: 'app',
      Labels: { tier: 'web', 'com.docker.compose.container-number': '2', 'hemostat.remediation': 'r-1' },
      HostConfig: { NetworkMode: 'shop_default', Memory: 5, CapDrop: ['ALL'] },
    });
  });

  it('has a host name only where somebody chose one, and no MAC address', () => {
    expect(created(template({ MacAddress: '02:42:ac:11:00:02' }))).not.toHaveProperty('Hostname');
    expect(created(template({ MacAddress: '02:42:ac:11:00:02' }))).not.toHaveProperty('MacAddress');
    expect(created(template({ Hostname: 'api.internal' }))).toMatchObject({ Hostname: 'api.internal' });
  });

  it('does not have the host name of its sibling in its environment, but one that somebody chose', () => {
    const short = id.slice(0, 12);
    const env = (...Env: readonly string[]) => created(template({ Env })).Env;
    expect(env('A=1', `HOSTNAME=${short}`, 'HOSTNAME=chosen')).toEqual(['A=1', 'HOSTNAME=chosen']);
    const named = template({ Hostname: 'api', Env: ['HOSTNAME=api'] });
    expect(created(named)).toMatchObject({ Hostname: 'api', Env: ['HOSTNAME=api'] });
  });

  it('states neither host name nor ports in the network of another container', () => {
    const shared = template(
      { Hostname: 'other', ExposedPorts: { '80/tcp': {} } },
      { NetworkMode: 'container:x' },
    );
    expect(created(shared)).not.toHaveProperty('Hostname');
    expect(created(shared)).not.toHaveProperty('ExposedPorts');
    expect(texts(cloneCalls(shared, clone))).toHaveLength(2);
  });

  it('has anonymous volumes of its own, also where Compose handed on those of an older container', () => {
    const bound = created(template({}, { Binds: [`${volume}:/data:rw`, 'named:/named'] }));
    expect(bound).toMatchObject({ Volumes: { '/data': {} }, HostConfig: { Binds: ['named:/named'] } });
    const mounted = created(
      template(
        {},
        {
          Mounts: [
            { Type: 'volume', Source: volume, Target: '/data' },
            { Type: 'bind', Source: '/a', Target: '/b' },
          ],
        },
      ),
    );
    expect(mounted.HostConfig).toMatchObject({
      Mounts: [
        { Type: 'volume', Target: '/data' },
        { Type: 'bind', Source: '/a', Target: '/b' },
      ],
    });
    expect(JSON.stringify([bound, mounted])).not.toContain(volume);
  });

  it('is connected to every network before it is started, under its own name, without addresses', () => {
    const endpoint = { NetworkID: 'net1', IPAddress: '10.0.0.2', MacAddress: '02:42', EndpointID: 'e' };
    const calls = cloneCalls(
      template(
        {},
        {},
        {
          back: { ...endpoint, NetworkID: 'net2', Aliases: ['behind'] },
          shop_default: { ...endpoint, Aliases: ['api', 'shop-api-1', id.slice(0, 12)] },
        },
      ),
      clone,
    );
    expect(texts(calls)).toEqual([
      'POST /containers/create?name=shop-api-2',
      'POST /networks/net2/connect',
      'POST /containers/shop-api-2/start',
    ]);
    expect(calls[0]?.body?.NetworkingConfig).toEqual({
      EndpointsConfig: { shop_default: { Aliases: ['api', 'shop-api-2'] } },
    });
    expect(calls[1]?.body).toEqual({ Container: 'shop-api-2', EndpointConfig: { Aliases: ['behind'] } });
  });

  it('is told without the values of its environment', () => {
    const [create] = cloneCalls(template({ Env: ['PASSWORD=canary=1\nx', 'EMPTY='] }), clone);
    expect(create && callText(create)).toContain('"Env":["PASSWORD=…","EMPTY=…"]');
    expect(create && callText(create)).not.toContain('canary');
  });
});

describe('whether there can be a second one', () => {
  it('is refused for what only one can have, and not for what Docker hands out', () => {
    const bound = (HostPort: string) =>
      template({}, { PortBindings: { '80/tcp': [{ HostIp: '', HostPort }] } });
    expect(obstacleToClone(bound('8080'))).toContain('fixed port 8080');
    expect([bound(''), bound('0'), bound('8000-8010')].map(obstacleToClone)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    const at = (IPAMConfig: Details) => obstacleToClone(template({}, {}, { net: { IPAMConfig } }));
    expect(at({ IPv6Address: 'fd00::9' })).toContain('fd00::9');
    expect(at({})).toBeUndefined();
    const host = template({ ExposedPorts: { '80/tcp': {} } }, { NetworkMode: 'host' });
    expect(obstacleToClone(host)).toContain('network of the host');
    expect(obstacleToClone(template({}, { NetworkMode: 'host' }))).toBeUndefined();
  });

  it('is known by the name: both of the forms that Compose gives, and no other', () => {
    expect(separatorOf('shop-api-1', 'shop/api', 1)).toBe('-');
    expect(separatorOf('shop_api.v2_3', 'shop/api.v2', 3)).toBe('_');
    expect(separatorOf('api', 'shop/api', 1)).toBeUndefined();
    expect(separatorOf('shop-api-2', 'shop/api', 1)).toBeUndefined();
  });
});
