import type { Bus } from '#libs/bus/bus';
import { callRpc } from '#libs/bus/rpc';
import type { Resolution } from '#libs/contracts/facts';
import { executorVerbs, type Lookup } from '#libs/contracts/rpc';
import { executorRpcSubject } from '#libs/contracts/subjects';

/** Which target a container's name means, by the word of the engine that owns it. */
export type Resolver = (engine: string, container: string) => Promise<Resolution>;

const timeoutMs = 5_000;

/** Asks the engine's executor; the same question asked while its answer is under way shares that answer. */
export function createResolver(bus: Bus): Resolver {
  const underWay = new Map<string, Promise<Resolution>>();
  return (engine, container) => {
    const question = `${engine}/${container}`;
    const already = underWay.get(question);
    if (already) return already;
    const asked = callRpc(
      bus,
      executorRpcSubject(engine, 'resolve'),
      executorVerbs.resolve,
      { container },
      { timeoutMs },
    )
      .then(toResolution)
      .finally(() => underWay.delete(question));
    underWay.set(question, asked);
    return asked;
  };
}

function toResolution(lookup: Lookup): Resolution {
  return lookup.status === 'resolved' ? { status: 'resolved', targets: [lookup.resolved] } : lookup;
}
