/**
 * Guarantee: while the engine is away nothing is found; what is not known is looked for anew before it is called
 * missing. An answer may be older than the latest event: whoever acts looks again first.
 */
import { withOwnLabels } from '#libs/actions/own-labels';
import type { Protection } from '#libs/actions/protection';
import { readService, readServices } from '#libs/actions/swarm/service';
import type { Lookup, ScaleWish } from '#libs/contracts/rpc';
import type { ResolvedTarget } from '#libs/contracts/target';
import type { Clock } from '#libs/runtime/clock';
import type { Health } from '#libs/runtime/health';
import type { Log } from '#libs/runtime/log';
import type { DockerEngine } from '../docker/docker-engine.ts';
import { type Directory, directoryOf, find } from './directory.ts';
import { identify } from './identity.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { findForScaling } from './scaling.ts';
import { stayConnected } from './stay-connected.ts';
import { serviceElsewhere } from './swarm-elsewhere.ts';
import { createLabelWarnings, createUnreadableWarnings } from './warnings.ts';

/** What is on one engine. Every method throws a `DockerError` while the engine is away. */
export interface Inventory extends AsyncDisposable {
  /** The target that is meant; with a wish to scale the service of it, and what would go with it. */
  resolve(ref: string, scale?: ScaleWish): Promise<Lookup>;
  /** A Swarm service without a container on this engine. */
  elsewhere(service: string): Promise<ResolvedTarget | undefined>;
  /** As of now, not of the last event. */
  fresh(): Promise<Directory>;
  current(): Promise<Directory>;
}

export type InventoryOptions = {
  readonly engineName: string;
  readonly engine: DockerEngine;
  readonly protection: Protection;
  readonly clock: Clock;
  readonly log: Log;
  readonly health: Health;
};

const listsApartMs = 250;
const starting = {
  ok: false,
  cause: 'Docker has not answered yet',
  remedy: 'wait a few seconds; the reason follows if it does not',
} as const;

export function openInventory(options: InventoryOptions): Inventory {
  const { engine, engineName, protection, clock, health, log } = options;
  const stopping = new AbortController();
  let directory: Directory | undefined;
  health.report('docker', starting);

  const leftOut = createUnreadableWarnings(log);
  const fresh = oneAtATime(
    async () => {
      const listed = await withOwnLabels(engine, await engine.list(leftOut));
      return directoryOf(listed.flatMap((each) => identify(each, engineName, protection) ?? []));
    },
    listsApartMs,
    clock,
  );
  const warnOfLabels = createLabelWarnings(log);
  const watching = stayConnected({
    engine,
    clock,
    signal: stopping.signal,
    read: fresh,
    onRead: (read) => {
      if (!directory) log.info({ containers: read.all.length }, 'Docker answers');
      directory = read;
      warnOfLabels(read.all);
      health.report('docker', { ok: true });
    },
    onDown: (error) => {
      directory = undefined;
      health.report('docker', { ok: false, cause: error.message, remedy: error.remedy });
      log.warn({ err: error }, `${error.message}: ${error.remedy}`);
    },
  });

  const services = oneAtATime(() => readServices(engine, leftOut), listsApartMs, clock);
  const elsewhere = async (service: string) =>
    serviceElsewhere(await services(), engineName, protection, service);

  const lookUp = async (ref: string, scale: ScaleWish | undefined): Promise<Lookup> => {
    const findIn = (all: Directory) => (scale ? findForScaling(all, ref, scale) : find(all, ref));
    // What is known of who runs may be a moment old, and it is bound to that.
    const known = scale ? undefined : directory && findIn(directory);
    if (known?.status === 'resolved') return known;
    const [anew, service] = await Promise.all([fresh(), elsewhere(ref)]);
    const found = findIn(anew);
    return service && found.status === 'not_found' ? { status: 'resolved', resolved: service } : found;
  };

  return {
    fresh,
    elsewhere,
    current: async () => directory ?? fresh(),
    resolve: async (ref, scale) => withService(engine, await lookUp(ref, scale)),
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await watching;
    },
  };
}

/** A Swarm service is bound by its own id and version, beside a container of it. */
async function withService(engine: DockerEngine, found: Lookup): Promise<Lookup> {
  if (found.status !== 'resolved' || found.resolved.target.kind !== 'swarm') return found;
  const look = await readService(engine, found.resolved.target.name);
  if (look.is !== 'service') return found;
  const service = { id: look.service.ID, version: look.service.Version.Index };
  const bound = { containers: [], ...found.resolved.bound, service };
  return { ...found, resolved: { ...found.resolved, bound } };
}
