import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The data folder cannot be used; the message says why and what to do. */
export class DataFolderError extends Error {
  override readonly name = 'DataFolderError';
}

/**
 * Makes this process the only mesh on a data folder, until disposed. A lock whose process is gone is taken over.
 * Throws a `DataFolderError` when another process holds it, or when the folder cannot be written.
 */
export async function lockDataFolder(folder: string): Promise<AsyncDisposable> {
  const file = join(folder, 'mesh.lock');
  const mine = JSON.stringify({ pid: process.pid, started: await startOf(process.pid) });
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw unusable(folder, error);
  });
  for (;;) {
    try {
      await writeFile(file, mine, { flag: 'wx' });
      return { [Symbol.asyncDispose]: () => rm(file, { force: true }) };
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw unusable(folder, error);
      const holder = await aliveHolder(file);
      if (holder !== undefined) {
        throw new DataFolderError(
          `A mesh already runs on ${folder} (process ${holder}). Stop it, or set HEMOSTAT_DATA_DIR to another folder.`,
        );
      }
      await rm(file, { force: true });
    }
  }
}

async function aliveHolder(file: string): Promise<number | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  try {
    const { pid, started } = JSON.parse(text) as { pid: number; started: string | undefined };
    process.kill(pid, 0);
    return (await startOf(pid)) === started ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** When a process was started, in the kernel's ticks: tells it from a later one with its number. Linux only. */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

function unusable(folder: string, cause: unknown): DataFolderError {
  const why = codeOf(cause) ?? 'it cannot be written';
  return new DataFolderError(
    `The data folder ${folder} cannot be used (${why}). Make it a folder that this user may write, or set HEMOSTAT_DATA_DIR to another.`,
    { cause },
  );
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
