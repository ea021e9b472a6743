import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import type { Bus } from './bus.ts';

/** When a stream was made, in the server's own words: differs when it was deleted and made anew. */
export async function streamCreatedAt(bus: Bus, stream: string): Promise<string> {
  return (await bus.jsm.streams.info(stream)).created;
}

/** Whether a stream has a durable consumer of this name. */
export async function hasConsumer(bus: Bus, stream: string, consumer: string): Promise<boolean> {
  try {
    await bus.jsm.consumers.info(stream, consumer);
    return true;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.ConsumerNotFound) return false;
    throw error;
  }
}
