import { createHash } from 'node:crypto';
import { mkdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type Docker from 'dockerode';
import { busyboxFiles } from '../../demo/images/busybox-files.ts';
import { hasImage, importImage, repoAndTag } from '../../demo/images/import-image.ts';
import { makeNodeImage } from '../../demo/images/node-image.ts';
import { testLabel, testRun } from './docker-engine-labels.ts';

const busyboxTag = 'hemostat-test/busybox:1';
const nodeTag = 'hemostat-test/node:24';
const labelled = [`LABEL ${testLabel}=${testRun}`];

/** A small image with a shell; made once for an engine. Gives its name. */
export async function busyboxImage(docker: Docker): Promise<string> {
  return madeOnce(docker, busyboxTag, async () => {
    const files = await busyboxFiles();
    if (files !== undefined && process.platform === 'linux') {
      return importImage(docker, busyboxTag, files, ['ENV PATH=/bin', 'CMD ["sh"]', ...labelled]);
    }
    for (const name of ['busybox:latest', 'alpine:latest']) {
      if (await hasImage(docker, name)) return docker.getImage(name).tag(repoAndTag(busyboxTag));
    }
    throw new Error('No busybox on this machine. Install busybox-static, or run: docker pull busybox');
  });
}

/** An image with the Node that runs the tests, and busybox where there is one. Gives its name. */
export async function nodeImage(docker: Docker): Promise<string> {
  return madeOnce(docker, nodeTag, () => makeNodeImage(docker, nodeTag, labelled));
}

/** Test files run in processes of their own: without a lock two of them would make the same image at once. */
export async function madeOnce(docker: Docker, tag: string, make: () => Promise<void>): Promise<string> {
  if (await hasImage(docker, tag)) return tag;
  await using _lock = await lockFolder(`${await engineId(docker)} ${tag}`);
  if (!(await hasImage(docker, tag))) await make();
  return tag;
}

async function engineId(docker: Docker): Promise<string> {
  return (await docker.info()).ID;
}

const abandonedAfterMs = 60_000;

async function lockFolder(name: string): Promise<AsyncDisposable> {
  const folder = join(
    tmpdir(),
    `hemostat-lock-${createHash('sha256').update(name).digest('hex').slice(0, 16)}`,
  );
  const isMine = () =>
    mkdir(folder).then(
      () => true,
      () => false,
    );
  while (!(await isMine())) {
    const age = await stat(folder).then(
      (entry) => Date.now() - entry.mtimeMs,
      () => 0,
    );
    if (age > abandonedAfterMs) await rm(folder, { recursive: true, force: true });
    await setTimeout(50);
  }
  return { [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}
