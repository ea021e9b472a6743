import type { Template } from './template.ts';

/** Why there cannot be a second container like this one; undefined: there can. */
export function obstacleToClone(template: Template): string | undefined {
  return fixedPort(template) ?? fixedAddress(template) ?? hostNetwork(template) ?? oneRun(template);
}

/** The separator of `project-service-1`, as Compose names its containers; undefined for a name of somebody's own. */
export function separatorOf(name: string, composeService: string, number: number): '-' | '_' | undefined {
  const [project, service] = composeService.split('/');
  return (['-', '_'] as const).find((each) => name === [project, service, number].join(each));
}

function fixedPort({ HostConfig }: Template): string | undefined {
  for (const [port, bindings] of Object.entries(HostConfig.PortBindings ?? {})) {
    // Of a range Docker takes a free one.
    const fixed = bindings?.find(({ HostPort }) => !/^0?$/.test(HostPort ?? '') && !HostPort?.includes('-'));
    if (fixed) {
      return `its port ${port} is published on the fixed port ${fixed.HostPort} of the host, which only one container can have`;
    }
  }
  return undefined;
}

function fixedAddress({ NetworkSettings }: Template): string | undefined {
  for (const [network, { IPAMConfig }] of Object.entries(NetworkSettings.Networks ?? {})) {
    const address = [
      IPAMConfig?.IPv4Address,
      IPAMConfig?.IPv6Address,
      ...(IPAMConfig?.LinkLocalIPs ?? []),
    ].find((each) => each);
    if (address) return `it has the static address ${address} in the network ${network}`;
  }
  return undefined;
}

function hostNetwork({ Config, HostConfig }: Template): string | undefined {
  const ports = Object.keys(Config.ExposedPorts ?? {});
  return HostConfig.NetworkMode === 'host' && ports.length > 0
    ? `it listens in the network of the host (${ports.join(', ')}), where only one container can have a port`
    : undefined;
}

function oneRun({ HostConfig }: Template): string | undefined {
  return HostConfig.AutoRemove === true ? 'it is removed when it ends (--rm)' : undefined;
}
