import {
  policyFrom,
  type policySettingsSchema,
  type SafetySettings,
  safetySettingsSchema,
} from '../../services/safety/config.ts';
import { checkExplained } from './checks/explained.ts';
import { checkEnds, type Ended } from './checks/in-the-end.ts';
import { checkReplay } from './checks/replayed.ts';
import { watchBound } from './checks/watch-bound.ts';
import { watchCells } from './checks/watch-cells.ts';
import { type Watched, watchEffects } from './checks/watch-effects.ts';
import { watchFacts } from './checks/watch-facts.ts';
import { createEngine } from './docker/engine.ts';
import { giveNamesAway } from './docker/give-names-away.ts';
import { playVerifier } from './docker/verifier.ts';
import { startExecutor } from './mesh/executor.ts';
import { stateRequests } from './mesh/gateways.ts';
import { type Ground, keepRunning, type Started } from './mesh/replica.ts';
import { startSafety } from './mesh/safety.ts';
import { createServer } from './nats/server.ts';
import { withoutReality } from './world/no-reality.ts';
import { type Climate, climateOf, createWeather } from './world/weather.ts';
import { createWire } from './world/wire.ts';
import { createWorld, type History, type Violation, type World } from './world/world.ts';

/** What one seed came to. */
export type Run = {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly history: History;
  readonly faults: number;
  readonly ended: Ended;
  readonly effects: Watched;
  readonly virtualMs: number;
};

/** What a run may be given in place of what its seed draws. */
export type Change = {
  readonly climate?: (drawn: Climate) => Climate;
  /** How long after its receipt every request may still start. */
  readonly ttlMs?: number;
  /** Something wrong, to see it found: other ports for the processes of one service. */
  readonly sabotage?: (started: Started) => Started;
};

const requestsOverMs = 40_000;
const troubleForMs = 55_000;
const lookEveryMs = 1_000;
const quietWithinMs = 600_000;

/** Runs one seed to its end: trouble for a while, then none, until nothing is left to do. */
export async function runSeed(seed: number, change: Change = {}): Promise<Run> {
  const world = createWorld(seed);
  using _ = withoutReality((what) => world.violated('reality', what));
  const onRejection = (error: unknown): void => world.violated('rejection', describe(error));
  process.on('unhandledRejection', onRejection);
  try {
    return await runIn(world, seed, change);
  } finally {
    process.off('unhandledRejection', onRejection);
  }
}

async function runIn(world: World, seed: number, change: Change): Promise<Run> {
  const { chance } = world;
  const began = world.now();
  const drawn = climateOf(world);
  const weather = createWeather(world, change.climate?.(drawn) ?? drawn);
  const wire = createWire(world, weather);
  const server = createServer(world, wire, weather);
  const names = ['web', 'api', 'database'].slice(0, chance.between(1, 3));
  const docker = createEngine(world, weather, names);
  const ground: Ground = { world, weather, wire, server, docker };
  const settings = settingsOf(world);
  watchFacts(world, server);
  const effects = watchEffects(world, docker, server);
  watchBound(world, docker, server);
  const settlements = watchCells(world, server);
  playVerifier(world, server, docker);
  giveNamesAway(world, docker, server, weather);

  const sabotage = change.sabotage ?? ((started) => started);
  for (const name of ['safety-a', 'safety-b']) {
    keepRunning(ground, name, 'safety', (started) => startSafety(sabotage(started), settings));
  }
  const callTimeoutMs = settings.ACTION_TIMEOUT_SECONDS * 1_000;
  for (const name of ['executor-a', 'executor-b']) {
    keepRunning(ground, name, 'executor', (started) => startExecutor(sabotage(started), callTimeoutMs));
  }
  const { allSent } = stateRequests(ground, chance.between(2, 7), requestsOverMs, change.ttlMs);
  world.after(troubleForMs, weather.clearUp);

  let isOver = false;
  const look = (): void => {
    isOver =
      allSent() &&
      docker.isQuiet() &&
      [...server.durables.values()].every((each) => each.isDone()) &&
      leasesAreFree(server);
    if (!isOver) world.after(lookEveryMs, look);
  };
  world.after(troubleForMs + lookEveryMs, look);
  const cameToRest = await world.run(() => isOver, quietWithinMs);
  const clean = world.violations.length === 0;
  if (!cameToRest && clean) world.violated('I1', `not at rest ${quietWithinMs} ms after the beginning`);
  if (clean && cameToRest) {
    checkExplained(world, server, policyFrom(settings));
    if (isOrderly(weather.climate)) await checkReplay(ground, settings);
  }
  const ended = clean ? checkEnds(world, server, settlements) : { accepted: 0, lost: 0, unfinished: 0 };
  return {
    seed,
    violations: world.violations,
    history: world.history(),
    faults: weather.faults,
    ended,
    effects,
    virtualMs: world.now() - began,
  };
}

/** Facts alone tell nothing of what a replica read, or left in a cell, that died or got no answer. */
function isOrderly({ lost, late, doubled, crash, pause, jump, natsAway }: Climate): boolean {
  return lost + late + doubled + crash + pause + jump + natsAway === 0;
}

function leasesAreFree({ cells }: Ground['server']): boolean {
  const keys = new Set(cells.entries.map(({ subject }) => subject));
  return [...keys].every((key) => cells.last(key)?.payload.includes('"lease":null') === true);
}

function settingsOf({ chance }: World): SafetySettings {
  const drawn: Record<keyof typeof policySettingsSchema.shape | string, string> = {
    RESPONDER_COOLDOWN_SECONDS: chance.oneOf(['0', '3', '30']),
    RESPONDER_MAX_RETRIES_PER_HOUR: chance.oneOf(['2', '3', '50']),
    HEMOSTAT_BACK_OFF_SECONDS: chance.oneOf(['0', '1', '5']),
    HEMOSTAT_BACK_OFF_MAX_SECONDS: '10',
    HEMOSTAT_BREAKER_OPEN_SECONDS: chance.oneOf(['10', '3600']),
    HEMOSTAT_RATE_LIMIT: chance.oneOf(['3', '100']),
    HEMOSTAT_PAUSE_SECONDS: '6',
    HEMOSTAT_VERIFY_TIMEOUT_SECONDS: '10',
    ACTION_TIMEOUT_SECONDS: '20',
  };
  return safetySettingsSchema.parse(drawn);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
