import type { Bus } from '#libs/bus/bus';
import { hasConsumer } from '#libs/bus/introspect';
import { callRpc } from '#libs/bus/rpc';
import type { Resolution } from '#libs/contracts/facts';
import { Problem } from '#libs/contracts/problem';
import { executorVerbs, type Lookup } from '#libs/contracts/rpc';
import { consumers, executorRpcSubject, streams } from '#libs/contracts/subjects';

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
      .then(toResolution, (error: unknown) => explain(bus, engine, error))
      .finally(() => underWay.delete(question));
    underWay.set(question, asked);
    return asked;
  };
}

function toResolution(lookup: Lookup): Resolution {
  return lookup.status === 'resolved' ? { status: 'resolved', targets: [lookup.resolved] } : lookup;
}

/** An engine that no executor was ever started for is a mistake of the caller's, not something to wait for. */
async function explain(bus: Bus, engine: string, error: unknown): Promise<never> {
  const silent = error instanceof Problem && error.code === 'service_unavailable';
  if (!silent) throw error;
  if (await hasConsumer(bus, streams.facts, consumers.executor(engine)).catch(() => true)) {
    throw new Problem(
      'service_unavailable',
      `The executor of the engine ${engine} does not answer, so nobody can act on its containers. Check that it runs (nats micro ls, or its log), then try again.`,
      { cause: error },
    );
  }
  throw new Problem(
    'invalid_request',
    `There is no engine called ${engine}. GET /api/v1/targets shows one.`,
    {
      errors: [{ field: 'engine', message: 'is not the name of an engine of this mesh' }],
    },
  );
}
