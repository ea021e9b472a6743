import type { Gateway } from '../gateway.ts';

/** What a look at one thing came to. A warning keeps nothing from working. */
export type Finding =
  | { readonly state: 'ok'; readonly says: string }
  | { readonly state: 'warning' | 'trouble'; readonly says: string; readonly remedy: string };

export type Checkup = {
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => number;
  readonly gateway: Gateway;
  /** What the gateway said at first; undefined when none answered. */
  readonly met: Met | undefined;
};
export type Met = {
  readonly status: string;
  readonly dateMs: number | undefined;
  readonly askedAtMs: number;
  readonly answeredAtMs: number;
};

/** Looks at one thing of this machine, and changes nothing. */
export type Check = {
  readonly name: string;
  look(checkup: Checkup): Promise<Finding> | Finding;
};

export const ok = (says: string): Finding => ({ state: 'ok', says });
export const warning = (says: string, remedy: string): Finding => ({ state: 'warning', says, remedy });
export const trouble = (says: string, remedy: string): Finding => ({ state: 'trouble', says, remedy });

/** The gateway is on this machine, so what it holds here is no trouble. */
export function runsHere({ gateway, met }: Checkup): boolean {
  return met !== undefined && /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(new URL(gateway.url).hostname);
}
