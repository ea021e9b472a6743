/**
 * Guarantee: a service is changed from the version that was read, or not at all. A refused update had no effect, so
 * that reading again and asking again does nothing twice.
 */
import type { Details } from '#libs/contracts/scalars';
import {
  ActionFailed,
  type EngineCall,
  type EnginePort,
  type EngineReader,
  refusedWith,
} from '../engine-port.ts';
import { readService, type ServiceSpec, type SwarmService } from './service.ts';

/** What an update is to make of a service; a text says why there is nothing to be made of it any more. */
export type ServiceChange = (service: SwarmService) => ServiceSpec | string;

const mostAttempts = 5;

/** The call that gives a service its new specification, if it still is as it was read. */
export function updateCall({ ID, Version }: SwarmService, spec: ServiceSpec): EngineCall {
  const body: Details = { ...spec };
  return { method: 'POST', path: ['services', ID, 'update'], query: { version: Version.Index }, body };
}

/** Resolves to the call that was taken. Makes the first one; while somebody else is quicker, the same change of what has become of the service. */
export async function updateService(
  { engine, reader }: { readonly engine: EnginePort; readonly reader: EngineReader },
  first: EngineCall | undefined,
  name: string,
  change: ServiceChange,
  signal: AbortSignal,
): Promise<EngineCall> {
  if (!first) throw new ActionFailed(`No update of the service ${name} was prepared`);
  let call = first;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await engine.call(call, signal);
      return call;
    } catch (error) {
      if (!isOutOfSequence(error) || attempt === mostAttempts) throw error;
    }
    call = await again(reader, name, call, change);
  }
}

async function again(
  reader: EngineReader,
  name: string,
  refused: EngineCall,
  change: ServiceChange,
): Promise<EngineCall> {
  const look = await readService(reader, name);
  if (look.is !== 'service' || look.service.ID !== refused.path[1]) {
    throw new ActionFailed(`The service ${name} is gone; somebody removed it at this moment`);
  }
  const spec = change(look.service);
  if (typeof spec === 'string') throw new ActionFailed(spec);
  return updateCall(look.service, spec);
}

function isOutOfSequence(error: unknown): boolean {
  return (
    refusedWith(error) !== undefined && error instanceof Error && error.message.includes('out of sequence')
  );
}
