import { setTimeout } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { EvidenceFolder } from './folder.ts';

const everyMs = 250;

/** Writes down every start that the patients themselves show, until disposed: these outlive an engine that is killed. */
export function recordReadings(
  docker: Docker,
  ids: readonly string[],
  evidence: EvidenceFolder,
): AsyncDisposable {
  const stopping = new AbortController();
  const seen = new Map<string, string>();
  const look = async (id: string): Promise<void> => {
    const { State } = await docker.getContainer(id).inspect({ abortSignal: AbortSignal.timeout(2_000) });
    if (seen.get(id) === State.StartedAt) return;
    if (seen.has(id)) evidence.reading({ container_id: id, started_at: Date.parse(State.StartedAt) });
    seen.set(id, State.StartedAt);
  };
  const lookAtAll = async (): Promise<void> => {
    for (const id of ids) await look(id).catch(() => {});
  };
  const looking = (async () => {
    while (!stopping.signal.aborted) {
      await lookAtAll();
      await setTimeout(everyMs);
    }
    await lookAtAll();
  })();
  return {
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await looking;
    },
  };
}
