import { runAgent } from './agent.ts';
import { http } from './http.ts';
import { countRestarts } from './restarts.ts';
import { breakTarget, type Scene, showLook } from './scene.ts';

/** Break, symptoms, agent, recovery; the agent is the example that users start from. */
export async function playWorkflow(scene: Scene): Promise<void> {
  const { story } = scene;
  story.heading('An operator who knows better ends the rest, and says why; it is on record');
  await endTheRest(scene);

  story.heading('The pool leaks again, and an agent of its own is left to find and heal it');
  await heal(scene, { CHAOS_ATTACK_ID: await breakTarget(scene, 'leak') });

  story.heading('This time the database keeps a lock that nobody owns: restarting the API cannot help');
  await endTheRest(scene);
  await breakTarget(scene, 'lock');
  await heal(scene);

  await count(scene);
}

/** Three remediations, the last of which came to the database. */
async function count({ story, docker, target }: Scene): Promise<void> {
  story.heading('What the Docker Engine itself counted');
  for (const [name, expected] of [
    [target.api, 3],
    [target.database, 1],
  ] as const) {
    const restarts = await countRestarts(docker, name);
    story.line(`${name}: ${restarts} ${restarts === 1 ? 'restart' : 'restarts'}`);
    if (restarts !== expected) throw new Error(`${name} should have been restarted ${expected} times`);
  }
}

async function heal(scene: Scene, more: NodeJS.ProcessEnv = {}): Promise<void> {
  const { story, gateway, target, signal } = scene;
  story.heading(`${settingsOf(more)}node examples/agent.ts`);
  const env = {
    ACTION_SERVER_URL: gateway,
    TARGET_SERVER_URL: target.apiUrl,
    CHAOS_SERVER_URL: target.chaosUrl,
    ...more,
  };
  const exitCode = await runAgent(story, env, signal);
  if (exitCode !== 0) throw new Error(`the agent should have healed the target; it ended with ${exitCode}`);
  await showLook(scene, 'healed');
}

async function endTheRest({ story, gateway, target }: Scene): Promise<void> {
  const order = { container: target.api, reason: 'the demo goes on' };
  story.line(`POST ${gateway}/api/v1/safety/reset ${JSON.stringify(order)}`);
  const answer = await http('POST', `${gateway}/api/v1/safety/reset`, order);
  if (answer.status !== 200) throw new Error(`the reset was refused: ${JSON.stringify(answer.body)}`);
}

function settingsOf(env: NodeJS.ProcessEnv): string {
  return Object.entries(env)
    .map(([name, value]) => `${name}=${value} `)
    .join('');
}
