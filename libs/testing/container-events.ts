import { text } from 'node:stream/consumers';
import type Docker from 'dockerode';

// The engine remembers this many events and forgets the older ones.
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
 * our own records is asked. Throws when the engine may have forgotten some of it.
 */
export async function countEvents(docker: Docker, { container, action, since }: EventQuery): Promise<number> {
  const { Id } = await docker.getContainer(container).inspect();
  // `until` a moment ahead: Date.now() cuts off the part of the millisecond in which the last event may be.
  const query = { since: seconds(since), until: seconds(Date.now() + 1) };
  const lines = (await text(await docker.getEvents(query))).split('\n').filter((line) => line !== '');
  if (lines.length >= remembered) {
    throw new Error(`the engine remembers only ${remembered} events; count over a shorter time`);
  }
  const events = lines.map((line): { Action: string; Actor: { ID: string } } => JSON.parse(line));
  return events.filter((event) => event.Actor.ID === Id && event.Action === action).length;
}

function seconds(ms: number): number {
  return ms / 1_000;
}
