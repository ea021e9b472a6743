import type { EngineReader } from '#libs/actions/engine-port';
import type { CommandTable } from '#libs/actions/exec/grammar';
import type { Protection } from '#libs/actions/protection';
import type { SeenRuns } from './seen-runs.ts';
import type { Verdict } from './verdict.ts';

/** What checks look at before anything is passed on. */
export type World = {
  /** Throws `NotReached` while the engine is away, and something else when it cannot be understood. */
  readonly eye: EngineReader;
  readonly engineName: string;
  readonly protection: Protection;
  readonly commands: CommandTable;
  readonly runs: SeenRuns;
};

/** A request that has the form of its line in the table. */
export type Asked = {
  /** The names in its path, decoded. */
  readonly names: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
};

/** Looks, and says whether it may be passed on. Throws what the eye throws; then it is not. */
export type Check = (asked: Asked, world: World) => Promise<Verdict>;
