import type { Bus } from '#libs/bus/bus';
import { hasConsumer } from '#libs/bus/introspect';
import { callRpc } from '#libs/bus/rpc';
import { shareInFlight } from '#libs/bus/share';
import type { Resolution } from '#libs/contracts/facts';
import { Problem } from '#libs/contracts/problem';
import { executorVerbs, type Lookup } from '#libs/contracts/rpc';
import { consumers, executorRpcSubject, streams } from '#libs/contracts/subjects';
import { type ResolvedTarget, targetId } from '#libs/contracts/target';
import type { Concern } from '#libs/runbooks/runbook';
import { cleanupOf } from './cleanup-target.ts';

/** Which targets a request's concerns are, in their order; of containers by the word of the engine that owns them. */
export type Resolver = (engine: string, concerns: readonly Concern[]) => Promise<Resolution>;

type Named = Omit<Extract<Concern, { readonly container: string }>, 'cleanup'>;

export const timeoutMs = 5_000;

/** Asks the engine's executor; the same question asked while its answer is under way shares that answer. */
export function createResolver(bus: Bus): Resolver {
  const ask = shareInFlight(
    ({ engine, ...asked }: { readonly engine: string } & Named) =>
      callRpc(bus, executorRpcSubject(engine, 'resolve'), executorVerbs.resolve, asked, { timeoutMs }).catch(
        (error: unknown) => explain(bus, engine, error),
      ),
    ({ engine, container, scale }) =>
      `${engine}/${container}/${scale?.direction ?? ''}/${scale?.replicas ?? ''}`,
  );
  return async (engine, concerns) => {
    const lookups = await Promise.all(
      concerns.map(async (concern) => {
        if (!('container' in concern)) return asNamed(engine, concern);
        const { cleanup, ...named } = concern;
        const found = await ask({ engine, ...named });
        return cleanup && found.status === 'resolved' ? cleanupOf(found.resolved, cleanup) : found;
      }),
    );
    return together(lookups);
  };
}

/** What is no container needs no finding out: the name is the target. */
function asNamed(engine: string, { kind, name }: Exclude<Concern, { readonly container: string }>): Lookup {
  const resolved = {
    target: { engine, kind, name },
    container_id: null,
    container_name: name,
    protected_by: null,
  };
  return { status: 'resolved', resolved };
}

function together(
  lookups: readonly (Lookup | Extract<Resolution, { readonly message: string }>)[],
): Resolution {
  const targets: ResolvedTarget[] = [];
  for (const lookup of lookups) {
    if (lookup.status !== 'resolved') return lookup;
    targets.push(lookup.resolved, ...(lookup.further ?? []));
  }
  const ids = targets.map(({ target }) => targetId(target));
  const twice = ids.find((id, at) => ids.indexOf(id) !== at);
  return twice === undefined
    ? { status: 'resolved', targets }
    : { status: 'not_applicable', message: `two of the names that this is about mean one target, ${twice}` };
}

/** An engine that no executor was ever started for is a mistake of the caller's, not something to wait for. */
export async function explain(bus: Bus, engine: string, error: unknown): Promise<never> {
  const silent = error instanceof Problem && error.code === 'service_unavailable';
  if (!silent) throw error;
  if (await hasConsumer(bus, streams.facts, consumers.executor(engine)).catch(() => true)) {
    throw new Problem(
      'service_unavailable',
      `The executor of the engine ${engine} does not answer, so nobody can act on its containers. Check that it runs (nats micro ls, or its log), then try again.`,
      { cause: error },
    );
  }
  throw noSuchEngine(engine, 'engine');
}

/** Throws `invalid_request`, naming the field, for an engine that no executor was ever started for. */
export async function wantKnownEngine(bus: Bus, engine: string | undefined, field: string): Promise<void> {
  if (engine === undefined) return;
  const known = await hasConsumer(bus, streams.facts, consumers.executor(engine)).catch(() => true);
  if (!known) throw noSuchEngine(engine, field);
}

function noSuchEngine(engine: string, field: string): Problem {
  return new Problem(
    'invalid_request',
    `There is no engine called ${engine}. GET /api/v1/targets shows one.`,
    { errors: [{ field, message: 'is not the name of an engine of this mesh' }] },
  );
}
