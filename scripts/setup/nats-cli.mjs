import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isThere as exists, onPath } from './command.mjs';
import { goInstall, hasGo } from './go-install.mjs';
import { builtFolder, cachedProgram } from './places.mjs';
import { say } from './say.mjs';

const pinned = 'v0.3.0';
const failedNote = join(builtFolder, `nats_${pinned}.failed`);

/** For the tests that run the README's commands; without it they are skipped with the reason. */
export const natsCli = { name: 'the nats CLI', targets: ['test'], optional: true, isThere, fetch };

async function isThere() {
  return (
    (await exists(cachedProgram('nats'))) || (await onPath('nats')) !== undefined || !(await worthATry())
  );
}

async function fetch() {
  say(`building the nats CLI ${pinned} with Go (about a minute, once)`);
  try {
    await goInstall('github.com/nats-io/natscli/nats', pinned, 'nats');
  } catch (error) {
    await mkdir(builtFolder, { recursive: true });
    await writeFile(failedNote, String(error.message));
    throw error;
  }
}

// A build that failed would fail again at every run; removing the note makes it try again.
async function worthATry() {
  return (await hasGo()) && (await readFile(failedNote, 'utf8').catch(() => undefined)) === undefined;
}
