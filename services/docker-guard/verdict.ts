import type { GuardAnswer } from '#libs/contracts/guard-answer';
import type { Details } from '#libs/contracts/scalars';

/** What is passed on, if anything is. */
export type Verdict =
  /** `body`: in the place of the one that came, written by the guard itself. */
  | { readonly kind: 'pass'; readonly body?: Details }
  /** What the engine would say to it. */
  | { readonly kind: 'answered'; readonly status: 404 | 500; readonly message: string }
  | GuardAnswer;

export const pass: Verdict = { kind: 'pass' };

export function refuse(cause: string, remedy: string): GuardAnswer {
  return { kind: 'refused', cause, remedy };
}

export function missing(what: string): Verdict {
  return { kind: 'answered', status: 404, message: `No such ${what}` };
}
