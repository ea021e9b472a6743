import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync, renameSync, rmSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';

// Guarantee: one holder at a time. A holder that died is found out at once on the same machine, and by its
// heart (the time of its file, which stands still) where its process cannot be seen, as in another container.
const heartbeatMs = 2_000;
const deadAfterMs = 30_000;
const pollMs = 100;

/** Runs `work` while holding the lock; `onWait` hears once who holds it. */
export async function withLockFolder(folder, onWait, work, timing = { deadAfterMs }) {
  const mine = { token: randomUUID(), pid: process.pid, machine: machineName() };
  await mkdir(dirname(folder), { recursive: true });
  await take(folder, mine, onWait, timing);
  const release = () => takeAway(folder, mine.token);
  const exitOnSignal = (signal) => process.exit(signal === 'SIGINT' ? 130 : 143);
  const beat = setInterval(() => touch(join(folder, 'holder')), heartbeatMs);
  process.on('exit', release).on('SIGINT', exitOnSignal).on('SIGTERM', exitOnSignal);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    process.off('exit', release).off('SIGINT', exitOnSignal).off('SIGTERM', exitOnSignal);
    release();
  }
}

async function take(folder, mine, onWait, timing) {
  const stoodStillMs = heartWatch(folder);
  for (let waits = 0; ; waits += 1) {
    if (await placeWhole(folder, mine)) return;
    const holder = await holderOf(folder);
    const isGone = holder?.machine === mine.machine && !isAlive(holder.pid);
    if (isGone || (await stoodStillMs()) > timing.deadAfterMs) takeAway(folder, holder?.token);
    else if (waits === 5) onWait(holder?.pid ?? 'unknown');
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

// A rename onto a folder that is not empty fails, so the lock appears with its holder inside or not at all.
async function placeWhole(folder, holder) {
  const candidate = `${folder}.${holder.token}`;
  await mkdir(candidate);
  await writeFile(join(candidate, 'holder'), JSON.stringify(holder));
  return rename(candidate, folder).then(
    () => true,
    async () => {
      await rm(candidate, { recursive: true, force: true });
      return false;
    },
  );
}

// Moved away first, whole: then it is looked at, and put back when by now it is somebody else's.
function takeAway(folder, token) {
  const aside = `${folder}.${randomUUID()}`;
  try {
    renameSync(folder, aside);
    const found = JSON.parse(readFileSync(join(aside, 'holder'), 'utf8'));
    if (found.token !== token) renameSync(aside, folder);
  } catch {
    // Gone already, or taken anew: nothing of ours is left there.
  }
  rmSync(aside, { recursive: true, force: true });
}

/** Counts for how long the heart of the lock has stood still while this process was awake to see it. */
function heartWatch(folder) {
  let seen;
  return async () => {
    const beat = await stat(join(folder, 'holder')).then(
      ({ ino, mtimeMs }) => `${ino} ${mtimeMs}`,
      () => undefined,
    );
    // The monotonic clock stands still with a laptop that sleeps, as the heart does.
    if (beat === undefined || beat !== seen?.beat) seen = { beat, since: performance.now() };
    return performance.now() - seen.since;
  };
}

async function holderOf(folder) {
  return readFile(join(folder, 'holder'), 'utf8').then(JSON.parse, () => undefined);
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

// Process ids mean something only within one boot and one process namespace.
function machineName() {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

function touch(file) {
  const now = new Date();
  utimes(file, now, now).catch(() => {});
}
