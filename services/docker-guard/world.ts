import type { EngineReader } from '#libs/actions/engine-port';
import type { CommandTable } from '#libs/actions/exec/grammar';
import type { Protection } from '#libs/actions/protection';
import type { PublicKeys } from '#libs/contracts/decision-signature';
import type { Mandate } from './mandate.ts';
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
  /** Those by which a decision is believed, read anew. */
  readonly keys: () => PublicKeys | undefined;
  /** How long the executor waits for a call. */
  readonly callSeconds: number;
};

/** A request that has the form of its line in the table. */
export type Asked = {
  /** The names in its path, decoded. */
  readonly names: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
};

/** One that would change something, and what its decision allows. */
export type Change = Asked & { readonly mandate: Mandate };

/** Looks, and says whether it may be passed on. Throws what the eye throws; then it is not. */
export type Check = (asked: Change, world: World) => Promise<Verdict>;
