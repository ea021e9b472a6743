import type { z } from 'zod';
import type { ReplacedBy } from '#libs/contracts/bound';
import { verifierVerbs } from '#libs/contracts/rpc';
import { rpcSubject } from '#libs/contracts/subjects';
import { fromInstant, toInstant } from '#libs/runtime/instant';
import type { Server } from '../nats/server.ts';
import type { World } from '../world/world.ts';
import type { Container } from './containers.ts';
import type { Engine } from './engine.ts';

const { request: requestSchema } = verifierVerbs.check;
type Reply = z.input<typeof verifierVerbs.check.reply>;

/** Answers what a verifier would: whether the patient is as it should be, once it is, or when its time is over. */
export function playVerifier(world: World, server: Server, engine: Engine): void {
  server.respond(rpcSubject('verifier', 'check'), undefined, (payload, reply) => {
    world.after(world.chance.between(200, 3_000), () => {
      const asked = requestSchema.parse(JSON.parse(payload));
      const progress = asked.progress ?? { ...beginning, began_at: toInstant(world.now()) };
      const claimants = engine.claimantsOf(asked.target);
      const id = asked.bound ? asked.bound.containers[0] : claimants[0]?.id;
      const container = engine.byId(id ?? '');
      const other = claimants.some((each) => each.id === id) ? undefined : claimants.at(-1);
      const { state, timeout_seconds } = asked.expectation;
      const asWanted =
        state === 'exited'
          ? container?.running === false
          : container?.running === true && container.startedAt !== asked.started_before;
      const isOver = world.now() - fromInstant(progress.began_at) >= timeout_seconds * 1_000;
      const looks = asWanted ? opinions[container?.patient ?? 'unclear'] : isOver ? 'unhealthy' : 'pending';
      const seen = other ? 'inconclusive' : looks;
      const readings = { container: { container_id: id, ...(other ? { replaced_by: nameOf(other) } : {}) } };
      const answer: Reply = { verdict: seen, message: seen, readings, progress };
      reply(JSON.stringify(answer));
    });
  });
}

function nameOf({ id, name, running }: Container): ReplacedBy {
  return { container_id: id, container_name: name ?? '', status: 'running', running, health: 'none' };
}

const opinions = { curable: 'healthy', incurable: 'unhealthy', unclear: 'inconclusive' } as const;

const beginning = { stable_since: null, started_at: null, passes: 0, fails: 0, downs: 0, breaks: 0 };
