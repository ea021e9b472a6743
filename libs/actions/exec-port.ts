import type { EngineCall } from './engine-port.ts';

/** One program to be run in a container that runs already, without a shell, a terminal or input. */
export type ExecOrder = {
  /** Creates it; its body holds the argv and the mark. */
  readonly create: EngineCall;
  /** `NAME=value` in the environment of the program and of all that it starts: by it they are found and ended. */
  readonly mark: string;
  readonly timeoutMs: number;
  /** So much of each is kept. The rest is read and forgotten: a program that nobody reads would stand still. */
  readonly mostBytes: { readonly stdout: number; readonly stderr: number };
};

export type ExecEnd = {
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly truncated: boolean;
  /** Null: it did not end by itself, or nobody knows how. */
  readonly exit_code: number | null;
  /** Did it begin at all? Otherwise `stdout` holds what the engine says of the reason. */
  readonly began: boolean;
  /** It was still running when its time was over. */
  readonly timed_out: boolean;
  /** Is it known to be gone? Null where that was not in question. */
  readonly killed: boolean | null;
  /** Its id on the machine of the engine. */
  readonly host_pid: number | null;
};
