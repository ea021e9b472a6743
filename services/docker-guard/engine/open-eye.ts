import { type IncomingMessage, request } from 'node:http';
import { type EngineReader, pathText } from '#libs/actions/engine-port';
import { parseJson } from '#libs/contracts/json';
import { NotReached, notReached } from './not-reached.ts';

const withinMs = 5_000;
const mostBytes = 32 * 1_024 ** 2;

/** The guard's own look at the engine. Throws `NotReached`, or that it cannot be understood. */
export function openEye(socketPath: string): EngineReader {
  return {
    read: async (path, query = {}) => {
      const pairs = Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]);
      const text = new URLSearchParams(pairs).toString();
      const address = `${pathText(path)}${text === '' ? '' : `?${text}`}`;
      const answer = await get(socketPath, address).catch((error: unknown) => {
        throw notReached(error, socketPath) ?? new NotReached('Docker does not answer', { cause: error });
      });
      if (answer.status === 404) return undefined;
      if (answer.status !== 200) throw new Error(`the engine answers a look with HTTP ${answer.status}`);
      return parseJson(answer.text);
    },
  };
}

async function get(socketPath: string, path: string): Promise<{ status: number; text: string }> {
  const signal = AbortSignal.timeout(withinMs);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ socketPath, path, agent: false, signal }).on('response', resolve).on('error', reject).end();
  });
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of answer) {
    bytes += piece.length;
    if (bytes > mostBytes) throw new Error('Docker answers a look with too much');
    pieces.push(piece);
  }
  return { status: answer.statusCode ?? 0, text: Buffer.concat(pieces).toString('utf8') };
}
