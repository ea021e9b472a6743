import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type Docker from 'dockerode';
import type { Story } from './story.ts';
import type { Look } from './target/look.ts';
import type { AttackVariant, Target } from './target/target.ts';

/** What every act of the demo plays on. */
export type Scene = {
  readonly story: Story;
  readonly docker: Docker;
  readonly gateway: string;
  readonly target: Target;
  readonly spans: readonly ReadableSpan[];
  readonly signal: AbortSignal;
};

const symptomsWithinMs = 15_000;

/** Breaks the target, and waits until it shows every symptom of an exhausted pool. Gives the id of the attack. */
export async function breakTarget(scene: Scene, variant: AttackVariant): Promise<string> {
  const { story, target } = scene;
  await showLook(scene, 'before');
  story.line(`POST ${target.chaosUrl}/api/v1/break/db_pool?variant=${variant}`);
  const attackId = await target.attack(variant);
  story.line(`202: attack ${attackId} is running`);
  const giveUpAt = Date.now() + symptomsWithinMs;
  for (let look = await target.look(); !isIll(look); look = await target.look()) {
    scene.signal.throwIfAborted();
    if (Date.now() > giveUpAt) throw new Error(`the target did not fall ill: ${JSON.stringify(look)}`);
    await new Promise((again) => setTimeout(again, 100));
  }
  await showLook(scene, 'after');
  return attackId;
}

export async function showLook({ story, target }: Scene, when: string): Promise<void> {
  const look = await target.look();
  story.line(
    `${`${when}:`.padEnd(7)} health ${look.status}, database ${look.databaseStatus}, pool ${look.poolHealth} (${look.inUse} of ${look.size} in use), errors ${look.errorRatePercent} %`,
  );
}

/** What the document's agent calls an exhausted pool. */
function isIll({ status, databaseStatus, poolHealth, errorRatePercent }: Look): boolean {
  return (
    status === 'unhealthy' &&
    databaseStatus === 'unhealthy' &&
    poolHealth === 'critical' &&
    errorRatePercent > 50
  );
}
