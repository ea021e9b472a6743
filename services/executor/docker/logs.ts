import { addAbortListener } from 'node:events';
import type Docker from 'dockerode';
import { z } from 'zod';
import type { EngineCall } from '#libs/actions/engine-port';
import { send, stream } from './dial.ts';
import { createFrames } from './frames.ts';

/** `cut`: it does not begin where an entry of the log begins. */
export type LogBytes = { readonly bytes: Uint8Array; readonly cut: boolean };

/** More than are shown, so that a secret of several lines is seen whole and known for one. */
const mostEntries = 200;
const mostBytes = 256 * 1024;
const openWithinMs = 5_000;

const terminalSchema = z.object({ Config: z.object({ Tty: z.boolean().nullish() }) });

/** The last entries of a container's log. Rejects with what the client throws, also where its log driver cannot be read. */
export async function readLogs(docker: Docker, containerId: string, signal: AbortSignal): Promise<LogBytes> {
  const path = ['containers', containerId];
  const inspect: EngineCall = { method: 'GET', path: [...path, 'json'] };
  const { Config } = terminalSchema.parse(await send(docker, inspect, signal));
  const query = { stdout: true, stderr: true, tail: mostEntries };
  const source = await stream(
    docker,
    { method: 'GET', path: [...path, 'logs'], query },
    openWithinMs,
    signal,
  );
  using _ = addAbortListener(signal, () => source.destroy(new Error('the log came too slowly')));
  const last = createLast(mostBytes);
  // A terminal has one stream only, which comes as it is.
  const take = Config.Tty ? last.add : createFrames(last.add);
  for await (const piece of source) take(piece);
  return last.read();
}

/** Keeps the end of what is added. */
function createLast(most: number) {
  const chunks: Uint8Array[] = [];
  let has = 0;
  let cut = false;
  return {
    add: (bytes: Uint8Array): void => {
      // A copy: a view would hold all of the piece that it is from.
      chunks.push(Uint8Array.from(bytes));
      has += bytes.length;
      for (let first = chunks[0]; first && has - first.length >= most; first = chunks[0]) {
        has -= first.length;
        cut = true;
        chunks.shift();
      }
    },
    read: (): LogBytes => {
      const bytes = Buffer.concat(chunks);
      return { bytes: bytes.subarray(-most), cut: cut || bytes.length > most };
    },
  };
}
