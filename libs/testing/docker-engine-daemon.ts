import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Ground } from './docker-engine-ground.ts';

const startTimeoutMs = 60_000;
const pollMs = 20;

/** A Docker Engine in a ground of its own, with containers, images and networks of its own. */
export interface OwnEngine extends AsyncDisposable {
  readonly socketPath: string;
  readonly dockerHost: string;
  kill9(): Promise<void>;
  /** Starts it again, after a kill or (ending it politely first) while it runs; resolves when it answers. */
  restart(): Promise<void>;
  /** Freezes it: connections are taken, nothing is answered. */
  pause(): Promise<void>;
  resume(): Promise<void>;
}

export async function startDaemon(ground: Ground): Promise<OwnEngine> {
  const socketPath = join(ground.folder, 'docker.sock');
  let daemon = launch(ground, socketPath);
  await daemon.answering();
  const kill9 = async () => {
    await daemon.signal('KILL');
    await daemon.exited;
  };
  return {
    socketPath,
    dockerHost: `unix://${socketPath}`,
    kill9,
    async restart() {
      if (daemon.isRunning()) {
        await daemon.signal('TERM');
        await daemon.exited;
      }
      daemon = launch(ground, socketPath);
      await daemon.answering();
    },
    pause: () => daemon.signal('STOP'),
    resume: () => daemon.signal('CONT'),
    async [Symbol.asyncDispose]() {
      await ground[Symbol.asyncDispose]();
      await daemon.exited;
    },
  };
}

// After a kill its pid files stay, and a process id may be another's by now.
const launchScript = 'rm -f "$1" /run/docker/containerd/containerd.pid; shift; exec dockerd "$@"';

function launch(ground: Ground, socketPath: string) {
  const pidFile = join(ground.folder, 'dockerd.pid');
  const logFile = join(ground.folder, 'dockerd.log');
  const flags = [
    ...['--data-root', join(ground.folder, 'data'), '--pidfile', pidFile],
    ...['-H', `unix://${socketPath}`, '-H', 'unix:///run/docker.sock'],
    ...['--exec-opt', 'native.cgroupdriver=cgroupfs', '--cgroup-parent', `/${ground.cgroup}`],
  ];
  const command = ground.enter(['bash', '-c', launchScript, 'dockerd', pidFile, ...flags]);
  const log = openSync(logFile, 'a');
  const child = spawn(command.program, command.args, { detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  const exited = once(child, 'exit');
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  return {
    exited,
    isRunning,
    async answering() {
      const deadline = Date.now() + startTimeoutMs;
      while (!(await answers(socketPath))) {
        if (!isRunning() || Date.now() > deadline) {
          throw new Error(`dockerd does not start:\n${(await readFile(logFile, 'utf8')).slice(-2_000)}`);
        }
        await setTimeout(pollMs);
      }
    },
    async signal(name: 'KILL' | 'TERM' | 'STOP' | 'CONT') {
      const kill = ground.enter(['sh', '-c', `kill -${name} "$(cat "$0")"`, pidFile]);
      await once(spawn(kill.program, kill.args, { stdio: 'ignore' }), 'exit');
      // The command that entered the ground stops and waits together with what it runs.
      if (name !== 'STOP') child.kill('SIGCONT');
    },
  };
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ socketPath, path: '/_ping', timeout: 2_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}
