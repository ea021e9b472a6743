import type { Gateway } from './gateway.ts';
import type { Screen } from './screen.ts';

/** What a command works with. */
export type Context = {
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => number;
  /** Answers, and nothing else. */
  readonly out: Screen;
  /** Progress and remarks. */
  readonly notes: Screen;
  readonly json: boolean;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
  /** Reads its settings when it is asked for, so that commands which stay on this machine need none. */
  readonly gateway: () => Gateway;
  /** One JSON document with `--json`, else the lines. */
  readonly show: (document: unknown, lines: () => readonly string[]) => void;
};
