import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync, renameSync, rmSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';

// Guarantee: one holder at a time. A holder that died is found out at once on the same machine, and by its
// heartbeat (the age of its file) where its process cannot be seen, as in another container.
const heartbeatMs = 2_000;
const deadAfterMs = 30_000;
const pollMs = 100;

/** Runs `work` while holding the lock; `onWait` hears once who holds it. */
export async function withLockFolder(folder, onWait, work) {
  await mkdir(dirname(folder), { recursive: true });
  await take(folder, onWait);
  const release = () => giveUp(folder);
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

async function take(folder, onWait) {
  const mine = { token: randomUUID(), pid: process.pid, machine: machineName() };
  for (let waits = 0; ; waits += 1) {
    if (await placeWhole(folder, mine)) return;
    const holder = await holderOf(folder);
    if (holder && (await isDead(folder, holder))) await clearAway(folder, holder);
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

// Moved away first: a folder that is being emptied could be taken while its files still go.
function giveUp(folder) {
  const aside = `${folder}.${randomUUID()}`;
  try {
    renameSync(folder, aside);
  } catch {
    return;
  }
  rmSync(aside, { recursive: true, force: true });
}

async function holderOf(folder) {
  return readFile(join(folder, 'holder'), 'utf8').then(JSON.parse, () => undefined);
}

async function isDead(folder, holder) {
  if (holder.machine === machineName() && !isAlive(holder.pid)) return true;
  const age = await stat(join(folder, 'holder')).then(
    (file) => Date.now() - file.mtimeMs,
    () => 0,
  );
  return age > deadAfterMs;
}

// Two waiters may both find the holder dead; whoever moved away a lock that is somebody else's puts it back.
async function clearAway(folder, dead) {
  const aside = `${folder}.${randomUUID()}`;
  const moved = await rename(folder, aside).then(
    () => true,
    () => false,
  );
  if (!moved) return;
  const found = await holderOf(aside);
  if (found?.token === dead.token) await rm(aside, { recursive: true, force: true });
  else await rename(aside, folder).catch(() => {});
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
