import type Docker from 'dockerode';

export type EngineEvent = {
  readonly Action: string;
  readonly Actor: { readonly ID: string };
  readonly timeNano: number;
};

export interface Recording {
  /** Milliseconds since the epoch: what happened later is in here. */
  readonly from: number;
  readonly events: readonly EngineEvent[];
  /** True once nothing up to this event is missing; undefined until then. */
  hasReached(event: EngineEvent): true | undefined;
}

const recordings = new Map<string, Recording>();

export function recordingOf(docker: Docker): Recording | undefined {
  return recordings.get(addressOf(docker));
}

/** Listens to an engine's events for as long as it runs, unless this process does so already. */
export async function record(docker: Docker): Promise<void> {
  const address = addressOf(docker);
  if (recordings.has(address)) return;
  const events: EngineEvent[] = [];
  let reached = 0;
  const from = Date.now();
  const hasReached = (event: EngineEvent) => reached >= event.timeNano || undefined;
  recordings.set(address, { from, events, hasReached });
  const stream = await docker.getEvents({ since: from / 1_000 });
  const stopped = () => {
    recordings.delete(address);
  };
  stream.on('end', stopped).on('error', stopped);
  let rest = '';
  stream.on('data', (bytes) => {
    const lines = `${rest}${bytes}`.split('\n');
    rest = lines.pop() ?? '';
    for (const event of parseEvents(lines.join('\n'))) {
      reached = Math.max(reached, event.timeNano);
      // Health checks make three of these every few seconds.
      if (!event.Action.startsWith('exec_')) events.push(event);
    }
  });
  // Listening alone keeps no process alive.
  if ('socket' in stream) (stream.socket as { unref(): void }).unref();
}

export function parseEvents(text: string): readonly EngineEvent[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line): EngineEvent => JSON.parse(line));
}

function addressOf({ modem }: Docker): string {
  const { socketPath, host, port } = modem as { socketPath?: unknown; host?: unknown; port?: unknown };
  return JSON.stringify([socketPath, host, port]);
}
