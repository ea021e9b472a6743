import { hash } from 'node:crypto';
import { ackWaitMs } from '#libs/bus/provision';
import {
  anyDecidedOf,
  anyFinished,
  anyRequested,
  anyStep,
  buckets,
  consumers,
  streams,
} from '#libs/contracts/subjects';
import type { Process } from '../world/process.ts';
import type { Weather } from '../world/weather.ts';
import type { Wire } from '../world/wire.ts';
import type { World } from '../world/world.ts';
import { createDurable, type Durable } from './consumer.ts';
import { createStreamLog, type StreamLog } from './log.ts';

/** Answers a question of one process to another, by its subject. */
export type Responder = (payload: string, reply: (text: string) => void) => void;

/** NATS as the mesh sets it up: the streams and buckets that decisions and execution stand on, and their consumers. */
export interface Server {
  readonly facts: StreamLog;
  readonly cells: StreamLog;
  readonly dead: StreamLog;
  /** What was told of ends. */
  readonly results: StreamLog;
  readonly durables: ReadonlyMap<string, Durable>;
  log(stream: string): StreamLog;
  respond(subject: string, process: Process | undefined, responder: Responder): void;
  responder(subject: string): Responder | undefined;
}

export const engineName = 'local';
const executorSlots = 16;

export function createServer(world: World, wire: Wire, weather: Weather): Server {
  const facts = createStreamLog(world.now);
  const cells = createStreamLog(world.now);
  const dead = createStreamLog(world.now);
  const results = createStreamLog(world.now);
  facts.onAppend(({ subject, payload }) =>
    world.note(`stored ${subject} ${hash('sha256', payload, 'hex').slice(0, 12)}`),
  );
  const responders = new Map<string, { process: Process | undefined; responder: Responder }[]>();
  const logs: Readonly<Record<string, StreamLog>> = {
    [streams.facts]: facts,
    [streams.dead]: dead,
    [streams.results]: results,
    [`KV_${buckets.safety}`]: cells,
  };
  const durable = (name: string, filter: string, mostPending: number): [string, Durable] => [
    name,
    createDurable(world, wire, weather, facts, { name, filter, ackWaitMs, mostPending }),
  ];
  return {
    facts,
    cells,
    dead,
    results,
    durables: new Map([
      durable(consumers.requests, anyRequested, 512),
      durable(consumers.progress, anyStep, 512),
      durable(consumers.finished, anyFinished, 512),
      durable(consumers.executor(engineName), anyDecidedOf(engineName), executorSlots),
    ]),
    log: (stream) => {
      const log = logs[stream];
      if (!log) throw new Error(`the simulation has no stream ${stream}`);
      return log;
    },
    respond: (subject, process, responder) => {
      responders.set(subject, [...(responders.get(subject) ?? []), { process, responder }]);
    },
    responder: (subject) => {
      const alive = (responders.get(subject) ?? []).filter(({ process }) => process?.isAlive() ?? true);
      const [first, ...rest] = alive;
      return first && world.chance.oneOf([first, ...rest]).responder;
    },
  };
}
