import { mkdir } from 'node:fs/promises';
import { onPath } from './command.mjs';
import { installFromDebian, isInArchive } from './debian-install.mjs';
import * as engineOfTheMachine from './docker-engine.mjs';
import { hasApt, mayMakeNamespaces } from './machine.mjs';
import { Problem } from './problem.mjs';

const packageOf = { dockerd: 'docker.io', iptables: 'iptables', ip: 'iproute2' };

/** What an engine of the tests' own is made of; where it cannot be, an engine that answers. */
export const testEngine = {
  name: 'a Docker Engine for the tests',
  targets: ['test', 'bench'],
  isThere,
  fetch,
};

async function isThere() {
  if ((await missing()).length === 0 && (await mayMakeNamespaces())) return true;
  return !(await mayMakeNamespaces()) && engineOfTheMachine.isThere();
}

async function fetch() {
  if (!(await mayMakeNamespaces())) return engineOfTheMachine.fetch();
  const programs = await missing();
  if (!(await hasApt())) {
    throw new Problem(
      `the tests run on a Docker Engine of their own, and these programs are missing: ${programs.join(', ')}`,
      'install Docker Engine (dockerd with containerd and runc), iptables and iproute2',
    );
  }
  const packages = programs.map((program) => packageOf[program]);
  // From Debian 13 on, docker.io comes without the `docker` command.
  if (!(await onPath('docker')) && (await isInArchive('docker-cli'))) packages.push('docker-cli');
  await installFromDebian(packages);
  await mkdir('/etc/docker', { recursive: true });
}

async function missing() {
  const programs = Object.keys(packageOf);
  const found = await Promise.all(programs.map(onPath));
  return programs.filter((_, index) => !found[index]);
}
