import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isThere as exists, lastLines, leaveRunning, onPath, outputOf } from './command.mjs';
import { installFromDebian } from './debian-install.mjs';
import { engineAddress, whyNoAnswer } from './engine-ping.mjs';
import { hasApt, hasSystemd, isLinux, isRoot } from './machine.mjs';
import { cacheFolder } from './places.mjs';
import { Problem } from './problem.mjs';
import { say } from './say.mjs';

const startTimeoutMs = 30_000;

export const dockerEngine = { name: 'a Docker Engine', targets: ['demo'], isThere, fetch };

export async function isThere() {
  return (await whyNoAnswer(engineAddress())) === undefined;
}

export async function fetch() {
  const address = engineAddress();
  const reason = await whyNoAnswer(address);
  if (!(address.isDefault && isLinux && isRoot)) throw await noEngine(address, reason);
  if (!(await onPath('dockerd'))) {
    if (!(await hasApt())) throw await noEngine(address, reason);
    await installFromDebian(['docker.io']);
  }
  if (hasSystemd) await startByService();
  else await startByHand(address);
}

async function startByService() {
  await outputOf('systemctl', ['start', 'docker']);
  say('started the Docker Engine; `systemctl stop docker` stops it');
}

async function startByHand(address) {
  const logFile = join(cacheFolder, 'dockerd.log');
  mkdirSync(cacheFolder, { recursive: true });
  const pid = leaveRunning('dockerd', [], openSync(logFile, 'w'));
  const end = Date.now() + startTimeoutMs;
  while (await whyNoAnswer(address)) {
    if (Date.now() > end || !isRunning(pid)) {
      throw new Problem(`dockerd does not start:\n${lastLines(readFileSync(logFile, 'utf8'))}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  say(`started a Docker Engine, which stays; \`kill ${pid}\` stops it (its log: ${logFile})`);
}

function isRunning(pid) {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function noEngine(address, reason) {
  const cause = `no Docker Engine answers at ${address.name} (${reason})`;
  if (!address.isDefault) return new Problem(cause, 'start the engine that DOCKER_HOST names, or unset it');
  if (reason === 'EACCES') {
    return new Problem(
      cause,
      'add yourself to the group that owns the socket (`docker`), or run this as root',
    );
  }
  const elsewhere = await socketsElsewhere();
  return new Problem(
    cause,
    'start Docker (Docker Desktop, or `systemctl start docker`), or install it',
    'or set DOCKER_HOST to where your engine listens',
    ...elsewhere.map((socket) => `this one is there: DOCKER_HOST=unix://${socket}`),
  );
}

async function socketsElsewhere() {
  const candidates = [
    join(homedir(), '.colima/default/docker.sock'),
    join(process.env.XDG_RUNTIME_DIR ?? '/nowhere', 'docker.sock'),
  ];
  const there = await Promise.all(candidates.map((socket) => exists(socket)));
  return candidates.filter((_, index) => there[index]);
}
