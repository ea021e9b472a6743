import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Story } from './story.ts';

const program = fileURLToPath(new URL('../examples/agent.ts', import.meta.url));

/** Runs the example agent as a process of its own, as a user would, and tells its lines. Gives its exit code. */
export async function runAgent(story: Story, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<number> {
  const agent = spawn(process.execPath, [program], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    signal,
  });
  createInterface({ input: agent.stdout }).on('line', (line) => story.line(line));
  const [exitCode] = await once(agent, 'close');
  return Number(exitCode);
}
