import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type LoadFigures, type LoadPlan, load } from './http-load.ts';

/** What a fastify with one route and the same answer does in a process of its own, under the same load. */
export async function bareFastify(
  answer: unknown,
  plan: Omit<LoadPlan, 'url' | 'expected'>,
): Promise<LoadFigures> {
  const server = fork(join(import.meta.dirname, 'bare-fastify-server.ts'), [JSON.stringify(answer)]);
  try {
    const [url] = await once(server, 'message');
    const bare = { ...plan, url: `${url}/`, expected: '{' };
    await load({ ...bare, seconds: 1 });
    return await load(bare);
  } finally {
    server.disconnect();
    await once(server, 'exit');
  }
}
