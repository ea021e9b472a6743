import { ActionFailed, type EnginePort, refusedWith } from '../engine-port.ts';
import { callFor, type Item } from './listing.ts';
import type { Fate } from './tally.ts';

/**
 * Calls for each once. An engine's no belongs to its item; only when nothing could be removed for another reason than
 * that it is in use or gone, the whole has failed. Throws what the port throws when no answer came.
 */
export async function removeEach(
  engine: EnginePort,
  items: readonly Item[],
  signal: AbortSignal,
): Promise<readonly Fate[]> {
  const fates: Fate[] = [];
  let refusal: unknown;
  for (const item of items) {
    try {
      await engine.call(callFor(item), signal);
      fates.push({ item, status: 'removed' });
    } catch (error) {
      const status = refusedWith(error);
      if (status === undefined) throw error;
      if (status !== 404 && status !== 409) refusal ??= error;
      fates.push(
        status === 404 ? { item, status: 'gone' } : { item, status: 'not_removed', why: said(error) },
      );
    }
  }
  if (refusal !== undefined && fates.every(({ status }) => status !== 'removed')) {
    throw new ActionFailed(said(refusal));
  }
  return fates;
}

function said(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 200) : 'the engine refused';
}
