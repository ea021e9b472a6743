import type { IssuingPorts } from './issuing.ts';

/** What a replica needs to sign checkpoints, and the way to have one now while it is the one that appends. */
export interface Checkpoints extends IssuingPorts {
  /** Lets `now` reach the one who issues, until disposed. */
  whileIssuing(issue: () => Promise<void>): Disposable;
  /** Has all signed that there is. False when this replica does not append, or cannot now. */
  now(): Promise<boolean>;
}

export function openCheckpoints(ports: IssuingPorts): Checkpoints {
  let issue: (() => Promise<void>) | undefined;
  return {
    ...ports,
    whileIssuing: (own) => {
      issue = own;
      return {
        [Symbol.dispose]: () => {
          if (issue === own) issue = undefined;
        },
      };
    },
    now: async () => {
      try {
        await issue?.();
        return issue !== undefined;
      } catch {
        return false;
      }
    },
  };
}
