import { setTimeout } from 'node:timers/promises';
import type { MeshProcesses, ServiceName, ServiceProcess } from '#libs/testing/mesh-processes';
import type { NatsServer } from '#libs/testing/nats-server';
import { until } from '#libs/testing/until';
import { freePort } from '../../../demo/free-port.ts';
import type { Kill } from '../check/evidence.ts';
import type { EvidenceFolder } from './folder.ts';

const readyWithinMs = 180_000;
const lookEveryMs = 100;

/** A place in which a process of a service runs, one after another. */
export type Place = { readonly service: ServiceName; readonly slot: string };

/** The processes of a mesh, each replaced at once by a new one of its kind when it is killed. */
export interface Supervised {
  readonly places: readonly Place[];
  /** Those that are ready: what a load balancer would ask. */
  gateways(): readonly { readonly name: string; readonly url: string }[];
  /** Resolves when the replacement is ready; writes down when that was. */
  kill(place: Place): Promise<void>;
  killNats(server: NatsServer): Promise<void>;
  /** Writes down what every process has logged. */
  logs(): Promise<void>;
}

type Running = { readonly name: string; readonly process: ServiceProcess; readonly readyUrl: string };

/** Starts so many of each service in a mesh without any. */
export async function superviseMesh(
  mesh: MeshProcesses,
  replicas: Readonly<Record<ServiceName, number>>,
  evidence: EvidenceFolder,
): Promise<Supervised> {
  const running = new Map<Place, Running>();
  const taking = new Set<Running>();
  const ever: Running[] = [];
  const start = async (place: Place): Promise<Running> => {
    const port = await freePort();
    const process = await mesh.start(place.service, { HEMOSTAT_HEALTH_PORT: String(port) });
    const base = process.url ?? `http://${process.address}:${port}`;
    const made = { name: `${place.slot}.${ever.length}`, process, readyUrl: `${base}/health/ready` };
    running.set(place, made);
    ever.push(made);
    return made;
  };
  const ready = async (made: Running): Promise<number> => {
    const { readyUrl, name, process } = made;
    const answers = async () => {
      await setTimeout(lookEveryMs);
      return fetch(readyUrl, { signal: AbortSignal.timeout(2_000) }).then(
        async (answer) => (await answer.text()) !== '' && (answer.ok || undefined),
        () => undefined,
      );
    };
    await until(`${name} is ready; it said ${process.output().slice(-500)}`, answers, readyWithinMs);
    taking.add(made);
    return Date.now();
  };
  const write = (what: Kill['what'], process: string, at: number, replaced: number, isReady: number) =>
    evidence.kill({ what, process, at, replaced_at: replaced, ready_at: isReady });

  const services = Object.entries(replicas) as readonly (readonly [ServiceName, number])[];
  const places = services.flatMap(([service, count]) =>
    Array.from({ length: count }, (_, at): Place => ({ service, slot: `${service}-${at + 1}` })),
  );
  for (const place of places) await start(place);
  await Promise.all([...running.values()].map(ready));
  return {
    places,
    gateways: () =>
      [...taking].flatMap(({ name, process: { url } }) => (url === undefined ? [] : [{ name, url }])),
    kill: async (place) => {
      const victim = running.get(place);
      const at = Date.now();
      await victim?.process.kill9();
      if (victim) taking.delete(victim);
      const replacement = await start(place);
      const replacedAt = Date.now();
      write(place.service, victim?.name ?? place.slot, at, replacedAt, await ready(replacement));
    },
    killNats: async (server) => {
      const at = Date.now();
      await server.kill9();
      await server.restart();
      write('nats', 'nats-server', at, Date.now(), Date.now());
    },
    logs: async () => {
      for (const { name, process } of ever) await evidence.log(name, process.output());
    },
  };
}
