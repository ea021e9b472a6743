import { text } from 'node:stream/consumers';
import type Docker from 'dockerode';
import { type EngineEvent, parseEvents, recordingOf } from './container-events-recording.ts';
import { until } from './until.ts';

// The engine remembers this many events, of all its containers together, and forgets the older ones.
const remembered = 256;

export type EventQuery = {
  /** Name or id. */
  readonly container: string;
  /** As in `docker events`: restart, die, start, kill, stop … */
  readonly action: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
};

/**
 * How often the engine says that something was done to a container: the judge of "nothing twice", since none of
 * our own records is asked. What the engine has forgotten by now is taken from the recording that runs since
 * this process first started a container; throws where neither is complete.
 */
export async function countEvents(docker: Docker, { container, action, since }: EventQuery): Promise<number> {
  const { Id, Created } = await docker.getContainer(container).inspect();
  const stillKnown = await eventsOfEngine(docker, since);
  const recording = recordingOf(docker);
  const [oldest] = stillKnown;
  if (stillKnown.length >= remembered && oldest !== undefined) {
    if (recording === undefined || recording.from > Math.max(since, Date.parse(Created))) {
      throw new Error(`the engine remembers only ${remembered} events, and nothing was recorded before`);
    }
    await until('the recording has come to what the engine remembers', () => recording.hasReached(oldest));
  }
  const counted = [...stillKnown, ...(recording?.events ?? [])]
    .filter((event) => event.Actor.ID === Id && event.Action === action && event.timeNano >= since * 1e6)
    .map(({ timeNano }) => timeNano);
  return new Set(counted).size;
}

async function eventsOfEngine(docker: Docker, since: number): Promise<readonly EngineEvent[]> {
  // `until` a moment ahead: Date.now() cuts off the part of the millisecond in which the last event may be.
  const query = { since: since / 1_000, until: (Date.now() + 1) / 1_000 };
  return parseEvents(await text(await docker.getEvents(query)));
}
