/** The calls that actions make; the executor ties them to its Docker Engine. */
export interface EnginePort {
  /** Restarts by full container id; the engine kills what has not stopped after `graceSeconds`. */
  restart(containerId: string, graceSeconds: number, signal: AbortSignal): Promise<void>;
}
