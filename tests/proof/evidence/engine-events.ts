import { setTimeout } from 'node:timers/promises';
import type Docker from 'dockerode';
import { parseEvents } from '#libs/testing/container-events-recording';
import type { EvidenceFolder } from './folder.ts';

const againAfterMs = 100;

/**
 * Writes down what the engine tells of containers, as it tells it, until disposed. An engine that ends is listened to
 * again once it answers, from the last event on; what it did not get out before it was killed is lost.
 */
export async function recordEngineEvents(docker: Docker, evidence: EvidenceFolder): Promise<AsyncDisposable> {
  const stopping = new AbortController();
  let since = Date.now() / 1_000;
  const listen = async (): Promise<NodeJS.ReadableStream> =>
    docker.getEvents({ since, filters: { type: ['container'] }, abortSignal: stopping.signal });
  const take = (lines: string): void => {
    for (const { timeNano } of parseEvents(lines)) since = Math.max(since, timeNano / 1e9);
    evidence.engineEvents(lines);
  };
  const whole = async (stream: NodeJS.ReadableStream): Promise<void> => {
    let rest = '';
    for await (const bytes of stream) {
      const text = `${rest}${bytes}`;
      const end = text.lastIndexOf('\n') + 1;
      rest = text.slice(end);
      if (end > 0) take(text.slice(0, end));
    }
  };
  const first = await listen();
  const recording = (async () => {
    let stream: NodeJS.ReadableStream | undefined = first;
    while (!stopping.signal.aborted) {
      await (stream ? whole(stream) : undefined)?.catch(() => {});
      await setTimeout(againAfterMs);
      stream = stopping.signal.aborted ? undefined : await listen().catch(() => undefined);
    }
  })();
  return {
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await recording;
    },
  };
}
