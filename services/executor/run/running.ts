import type { Bus } from '#libs/bus/bus';
import type { CellStore } from '#libs/bus/cell-store';
import type { Cell } from '#libs/contracts/cell';
import type { Approved } from '#libs/contracts/facts';
import type { Endpoints } from '../endpoint/endpoints.ts';
import type { EngineView } from '../view.ts';
import type { Journal } from './journal.ts';

/** What every run of this executor stands on. */
export type ExecutorContext = {
  readonly bus: Bus;
  readonly view: EngineView;
  readonly endpoints: Endpoints;
  readonly cells: CellStore<Cell>;
  readonly engineName: string;
  /** How long an answer of the engine is waited for, unless the patient may take longer to stop. */
  readonly callTimeoutMs: number;
  /** Aborts when the service stops: then nothing new begins, and nothing is waited for. */
  readonly stopping: AbortSignal;
};

/** One run of one approved remediation. */
export type Run = {
  readonly context: ExecutorContext;
  readonly approved: Approved;
  readonly journal: Journal;
};

/** The run ends here because the service stops; what stands lets another replica go on. */
export class Stopping extends Error {
  override readonly name = 'Stopping';
}

/** Sleeps, or throws `Stopping`. */
export async function pause({ bus, stopping }: ExecutorContext, ms: number): Promise<void> {
  await bus.clock.sleep(ms, stopping);
  if (stopping.aborted) throw new Stopping('the executor stops');
}
