import { type Requested, requestedSchema } from '#libs/contracts/facts';
import type { Details } from '#libs/contracts/scalars';
import { type Target, targetId } from '#libs/contracts/target';

/** What `requested` said, so that every later record of the remediation can say it, too. */
export type Origin = {
  readonly principal: string;
  readonly container: string;
  readonly action: string;
  readonly reason: string | undefined;
  readonly confidence: number | undefined;
  readonly metrics: Details | undefined;
  readonly params: Details;
  readonly targets: readonly PlacedTarget[];
  /** By the number of the step. */
  readonly stepTargets: ReadonlyMap<number, Target>;
};
export type PlacedTarget = { readonly target: Target; readonly container: string };

/** Reads a `requested` fact; undefined when it is none. */
export function originOf(body: unknown): Origin | undefined {
  const parsed = requestedSchema.safeParse(body);
  return parsed.success ? fromRequested(parsed.data) : undefined;
}

function fromRequested(requested: Requested): Origin {
  const { ask, resolution, plan } = requested;
  const resolved = resolution.status === 'resolved' ? resolution.targets : [];
  return {
    principal: requested.principal,
    container: resolved[0]?.container_name ?? ask.container,
    action: ask.action,
    reason: ask.reason,
    confidence: ask.confidence,
    metrics: ask.metrics,
    params: { ...ask.params, container: ask.container, dry_run: ask.dry_run, door: requested.door },
    targets: resolved.map(({ target, container_name }) => ({ target, container: container_name })),
    stepTargets: new Map((plan?.steps ?? []).map((step) => [step.n, step.target])),
  };
}

export interface Origins {
  /** Remembers what a `requested` fact said; `bytes` is how long it is. */
  learn(id: string, body: unknown, bytes: number): void;
  /** Reads from the stream what is not remembered, so that `get` finds it. Rejects when NATS does not answer. */
  recall(ids: readonly string[]): Promise<void>;
  get(id: string): Origin | undefined;
}

/** A bounded memory: what was used least recently is forgotten, and read again when it is needed. */
export function createOrigins(
  readRequested: (id: string) => Promise<StoredRequest | undefined>,
  limits: { readonly entries: number; readonly bytes: number } = { entries: 10_000, bytes: 32 * 1024 * 1024 },
): Origins {
  const known = new Map<string, { readonly origin: Origin | undefined; readonly bytes: number }>();
  let held = 0;
  const forget = (id: string): void => {
    held -= known.get(id)?.bytes ?? 0;
    known.delete(id);
  };
  const remember = (id: string, origin: Origin | undefined, bytes: number): void => {
    forget(id);
    known.set(id, { origin, bytes });
    held += bytes;
    for (const [oldest] of known) {
      if (known.size <= limits.entries && (held <= limits.bytes || known.size === 1)) return;
      forget(oldest);
    }
  };
  return {
    learn: (id, body, bytes) => remember(id, originOf(body), bytes),
    recall: async (ids) => {
      const missing = [...new Set(ids)].filter((id) => !known.has(id));
      const read = await Promise.all(missing.map(async (id) => [id, await readRequested(id)] as const));
      for (const [id, requested] of read) remember(id, originOf(requested?.body), requested?.bytes ?? 0);
    },
    get: (id) => {
      const found = known.get(id);
      if (!found) return undefined;
      known.delete(id);
      known.set(id, found);
      return found.origin;
    },
  };
}

/** A stored `requested` message. */
export type StoredRequest = { readonly body: unknown; readonly bytes: number };

/** The container's name as the engine knew it when the request came. */
export function containerOf(origin: Origin, target: Target): string | undefined {
  const id = targetId(target);
  return origin.targets.find((placed) => targetId(placed.target) === id)?.container;
}
