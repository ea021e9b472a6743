import { z } from 'zod';
import type { Details } from '#libs/contracts/scalars';
import {
  ActionFailed,
  containerCall,
  type EngineCall,
  type EnginePort,
  refusedWith,
} from '../engine-port.ts';

const createdSchema = z.object({ Id: z.string().regex(/^[0-9a-f]{64}$/) });

/**
 * Makes the calls of one clone. One that was created and that the engine then refused to connect or to start is
 * removed again, so that nothing half done is left.
 */
export async function makeClone(
  engine: EnginePort,
  [create, ...rest]: readonly EngineCall[],
  signal: AbortSignal,
): Promise<Details> {
  const name = String(create?.query?.name ?? '');
  if (!create) throw new ActionFailed('No new container was prepared');
  const { Id } = createdSchema.parse(await engine.call(create, signal).catch(explained(name)));
  for (const call of rest) {
    try {
      await engine.call(onContainer(call, name, Id), signal);
    } catch (error) {
      if (refusedWith(error) === undefined) throw error;
      await engine.call(
        { method: 'DELETE', path: ['containers', Id], query: { v: true, force: true } },
        signal,
      );
      throw new ActionFailed(
        `The new container ${name} could not be started and was removed again. ${wordsOf(error)}`,
      );
    }
  }
  return { container_id: Id, name };
}

/** The call with the id that the engine gave, where the name stood. */
function onContainer(call: EngineCall, name: string, id: string): EngineCall {
  if (call.path[0] === 'containers') return containerCall(call.method, id, call.path[2] ?? '');
  return call.body?.Container === name ? { ...call, body: { ...call.body, Container: id } } : call;
}

// "No such image" and "no such container" are both 404.
function explained(name: string): (error: unknown) => never {
  return (error) => {
    if (refusedWith(error) === undefined) throw error;
    throw new ActionFailed(`The new container ${name} could not be created. ${wordsOf(error)}`);
  };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? `${error.message}.` : '';
}
