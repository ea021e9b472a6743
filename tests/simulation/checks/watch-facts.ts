import { factSchema } from '#libs/contracts/facts';
import type { Server } from '../nats/server.ts';
import type { World } from '../world/world.ts';

/** What is stated can be read by everybody: a fact that cannot stands in the way of whoever has to go on from it. */
export function watchFacts(world: World, server: Server): void {
  server.facts.onAppend(({ subject, payload }) => {
    const parsed = factSchema.safeParse(JSON.parse(payload));
    const issue = parsed.error?.issues[0];
    if (issue) world.violated('schema', `${subject}: ${issue.path.join('.')}: ${issue.message}`);
  });
}
