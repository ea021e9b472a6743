import { type Fact, factSchema, type Requested } from '#libs/contracts/facts';
import type { Engine } from '../docker/engine.ts';
import type { Server } from '../nats/server.ts';
import type { World } from '../world/world.ts';

type Known = { readonly requested: Requested; readonly taken: Set<string>; approvedAt: number };

/**
 * Whatever is said of a container is said of one that the request was resolved to: intent, evidence and verdict. Nothing is
 * meant to be done to one that had lost its name when it was decided; and whoever has the name instead pays for nothing.
 */
export function watchBound(world: World, engine: Engine, server: Server): void {
  const known = new Map<string, Known>();
  engine.onEffect(({ remediationId, containerId }) => known.get(remediationId)?.taken.add(containerId));
  server.facts.onAppend(({ payload }) => {
    const parsed = factSchema.safeParse(JSON.parse(payload));
    if (!parsed.success) return;
    const fact = parsed.data;
    if (fact.type === 'requested') {
      known.set(fact.remediation_id, { requested: fact, taken: new Set(), approvedAt: world.now() });
    }
    const about = known.get(fact.remediation_id);
    if (fact.type === 'decided' && about) about.approvedAt = world.now();
    const wrong = about && wrongIn(fact, about, engine);
    if (wrong !== undefined) world.violated('bound', `${fact.remediation_id} ${fact.type}: ${wrong}`);
  });
}

function wrongIn(fact: Fact, { requested, taken, approvedAt }: Known, engine: Engine): string | undefined {
  const steps = requested.plan?.steps ?? [];
  if (fact.type === 'complete') {
    const replaced = fact.execution_log.filter(({ replaced_by }) => replaced_by).map(({ step }) => step);
    const blamed = steps.find(({ n, target }) => replaced.includes(n) && isCharged(fact, target.name));
    return blamed && `${blamed.target.name} was replaced, and it is charged`;
  }
  if (!('n' in fact)) return undefined;
  const step = steps.find(({ n }) => n === fact.n);
  const [id = ''] = step?.bound?.containers ?? [];
  switch (fact.type) {
    case 'started': {
      if (fact.calls.length === 0) return undefined;
      if (fact.evidence.container_id !== id) return `its evidence is about ${fact.evidence.container_id}`;
      const place = engine.places.find(({ target }) => target.name === step?.target.name);
      const container = engine.byId(id);
      const isByName = step?.target.kind === 'container';
      const isAway =
        isByName && container && container.name !== place?.name && container.namedAt < approvedAt;
      return isAway ? `${id} was called ${container.name} before it was approved` : undefined;
    }
    case 'executed':
      return fact.status === 'success' && !taken.has(id) ? 'nothing was done to it' : undefined;
    case 'verified':
      if (fact.verdict !== 'healthy' || JSON.stringify(fact.readings).includes(id)) return undefined;
      return `the verdict is about ${JSON.stringify(fact.readings)}`;
  }
}

function isCharged({ effects }: Extract<Fact, { type: 'complete' }>, name: string): boolean {
  return effects === undefined || effects.some(({ target }) => target.name === name);
}
