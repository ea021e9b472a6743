import { expect, it } from 'vitest';
import { addressText, parseDockerHost } from './docker-address.ts';

it('reads every form that Docker takes', () => {
  expect(parseDockerHost('unix:///run/user/1000/docker.sock')).toEqual({
    kind: 'unix',
    path: '/run/user/1000/docker.sock',
  });
  expect(parseDockerHost('unix://')).toEqual({ kind: 'unix', path: '/var/run/docker.sock' });
  expect(parseDockerHost('tcp://10.0.0.7')).toEqual({
    kind: 'tcp',
    host: '10.0.0.7',
    port: 2375,
    tls: false,
  });
  expect(parseDockerHost('tcp://docker:2376')).toMatchObject({ port: 2376, tls: true });
  expect(parseDockerHost('https://docker')).toMatchObject({ port: 443, tls: true });
  expect(parseDockerHost('docker.internal:2375')).toMatchObject({ host: 'docker.internal', port: 2375 });
  expect(parseDockerHost('ssh://ops@build-7:2222')).toEqual({
    kind: 'ssh',
    host: 'build-7',
    port: 2222,
    user: 'ops',
  });
  expect(parseDockerHost('ssh://build-7')).toMatchObject({
    host: 'build-7',
    port: undefined,
    user: undefined,
  });
  expect(parseDockerHost('tcp://[::1]:2375')).toMatchObject({ host: '::1' });
});

it('takes a bare path for the socket that it is, not for a host', () => {
  expect(parseDockerHost('/var/run/docker.sock')).toEqual({ kind: 'unix', path: '/var/run/docker.sock' });
});

it('takes nothing that it could not connect to as meant', () => {
  for (const text of [
    'ssh://',
    'ssh://u:p@h',
    'ssh://h/run/docker.sock',
    'ssh://-oProxyCommand=x',
    'ssh://-l@h',
    'npipe:////./pipe/docker',
    'unix://relative',
    'tcp://',
    'tcp://u:p@h',
    'tcp://h/path',
    '::',
  ]) {
    expect(parseDockerHost(text), text).toBeUndefined();
  }
});

it('names an address as a person would', () => {
  expect(addressText({ kind: 'tcp', host: 'docker', port: 2375, tls: false })).toBe('docker:2375');
});
