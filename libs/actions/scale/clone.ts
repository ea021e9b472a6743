import type { Details } from '#libs/contracts/scalars';
import type { EngineCall } from '../engine-port.ts';
import { composeLabels } from '../labels.ts';
import { type Endpoint, isAnonymous, type Template } from './template.ts';

export const madeByLabel = 'hemostat.remediation';

/** Who the clone is, apart from what it has in common with its sibling. */
export type CloneIdentity = {
  readonly name: string;
  readonly number: number;
  /** Where it counts, the image by its id: its name may stand for another one by now. */
  readonly image: string;
  readonly remediation_id: string;
};

/**
 * The calls that make one container after another: create, connect to each further network, start. Where the id of
 * the new one belongs stands its name.
 */
export function cloneCalls(template: Template, clone: CloneIdentity): readonly EngineCall[] {
  const { first, further } = networksOf(template, clone);
  const path = ['containers', clone.name, 'start'];
  return [
    {
      method: 'POST',
      path: ['containers', 'create'],
      query: { name: clone.name },
      body: bodyOf(template, clone, first),
    },
    ...further.map(
      ({ network, EndpointConfig }): EngineCall => ({
        method: 'POST',
        path: ['networks', network, 'connect'],
        body: { Container: clone.name, EndpointConfig },
      }),
    ),
    { method: 'POST', path },
  ];
}

function bodyOf(template: Template, clone: CloneIdentity, EndpointsConfig: Details): Details {
  const { Hostname, Domainname, ExposedPorts, MacAddress: _, Labels, Env, ...config } = template.Config;
  const { [composeLabels.replaces]: __, ...labels } = Labels;
  const own = anonymousMounts(template);
  return {
    ...config,
    ...(sharesNetwork(template) ? {} : { Domainname, ExposedPorts }),
    ...(hasOwnHostname(template) ? { Hostname, ...(Env ? { Env } : {}) } : envWithoutHostname(template)),
    Image: clone.image,
    Labels: { ...labels, [composeLabels.number]: String(clone.number), [madeByLabel]: clone.remediation_id },
    Volumes: own.volumes,
    HostConfig: { ...template.HostConfig, Binds: own.binds, ...(own.mounts ? { Mounts: own.mounts } : {}) },
    NetworkingConfig: { EndpointsConfig },
  };
}

/** In another container's network it has that one's host name and ports, and may not state any. */
function sharesNetwork({ HostConfig }: Template): boolean {
  return HostConfig.NetworkMode?.startsWith('container:') === true;
}

/** Without one Docker takes the short id, or the name of the host. */
function hasOwnHostname(template: Template): boolean {
  const { Hostname } = template.Config;
  if (!Hostname || Hostname === template.Id.slice(0, 12)) return false;
  return !sharesNetwork(template) && template.HostConfig.UTSMode !== 'host';
}

/** Some engines tell of the host name that they gave as if somebody had set it. */
function envWithoutHostname({ Config: { Env, Hostname }, Id }: Template): Details {
  const given = [Hostname, Id.slice(0, 12), Id].map((name) => `HOSTNAME=${name}`);
  return Env ? { Env: Env.filter((each) => !given.includes(each)) } : {};
}

/** A clone gets anonymous volumes of its own: Compose hands those of a re-created container on by name. */
function anonymousMounts({ Config, HostConfig }: Template) {
  const handedOn = (HostConfig.Binds ?? []).filter((bind) => isAnonymous(bind.split(':')[0]));
  const volumes = Object.fromEntries(handedOn.map((bind) => [bind.split(':')[1] ?? '', {}]));
  return {
    binds: HostConfig.Binds?.filter((bind) => !handedOn.includes(bind)) ?? null,
    volumes: handedOn.length > 0 ? { ...Config.Volumes, ...volumes } : Config.Volumes,
    mounts: HostConfig.Mounts?.map(({ Source, ...mount }) =>
      mount.Type === 'volume' && isAnonymous(Source) ? mount : { ...mount, Source },
    ),
  };
}

type Connection = { readonly network: string; readonly EndpointConfig: Details };

// Engines before API 1.44 take one network at creation.
function networksOf(
  template: Template,
  clone: CloneIdentity,
): { readonly first: Details; readonly further: readonly Connection[] } {
  const mode = template.HostConfig.NetworkMode ?? '';
  if (mode === 'host' || mode === 'none' || mode.startsWith('container:')) return { first: {}, further: [] };
  const networks = Object.entries(template.NetworkSettings.Networks ?? {});
  const primary =
    networks.find(([name, { NetworkID }]) => name === mode || NetworkID === mode) ?? networks[0];
  if (!primary) return { first: {}, further: [] };
  return {
    first: { [primary[0]]: endpointOf(primary[1], template, clone) },
    further: networks
      .filter((each) => each !== primary)
      .map(([name, endpoint]) => ({
        network: endpoint.NetworkID || name,
        EndpointConfig: endpointOf(endpoint, template, clone),
      })),
  };
}

/** What somebody asked for of an endpoint, without what the engine gave it: addresses, ids. */
function endpointOf(
  { Aliases, Links, DriverOpts }: Endpoint,
  template: Template,
  clone: CloneIdentity,
): Details {
  const name = template.Name.slice(1);
  const aliases = (Aliases ?? [])
    .filter((alias) => !/^[0-9a-f]{12,64}$/.test(alias) || !template.Id.startsWith(alias))
    .map((alias) => (alias === name ? clone.name : alias));
  return {
    ...(aliases.length > 0 ? { Aliases: [...new Set(aliases)] } : {}),
    ...(Links ? { Links } : {}),
    ...(DriverOpts ? { DriverOpts } : {}),
  };
}
