import type { ContainerReading } from '#libs/contracts/rpc';

export const killSignals = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGQUIT'] as const;
export type KillSignal = (typeof killSignals)[number];

const numbers: Readonly<Record<string, KillSignal>> = {
  2: 'SIGINT',
  3: 'SIGQUIT',
  9: 'SIGKILL',
  15: 'SIGTERM',
};

/**
 * Does Docker take this signal for the wish to stop the container? Then it thaws a paused one to hear it, and no
 * restart policy brings it back. A container that states no stop signal takes every one for that.
 */
export function isStopSignal(signal: KillSignal, ending: ContainerReading['ending']): boolean {
  const stated = ending?.stop_signal ?? null;
  return signal === 'SIGKILL' || stated === null || fullName(stated) === signal;
}

/** May the container's restart policy start it again after this signal has ended it? */
export function comesBackAfter(signal: KillSignal, ending: ContainerReading['ending']): boolean {
  const policy = ending?.restart_policy;
  return (policy === 'always' || policy === 'on-failure') && !isStopSignal(signal, ending);
}

/** Images may write `QUIT`, `sigquit` or `3`. */
function fullName(written: string): string {
  const name = written.toUpperCase();
  return numbers[name] ?? (name.startsWith('SIG') ? name : `SIG${name}`);
}
