import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** The files of the chain, oldest first: `<name>.1`, `<name>.2` … and last the one that is written to. */
export async function chainFiles(current: string): Promise<readonly string[]> {
  const rotated = (await rotationNumbers(current)).map((number) => rotatedName(current, number));
  const names = await namesBeside(current);
  return names.includes(basename(current)) ? [...rotated, current] : rotated;
}

/** The name for the current file when the next one begins. */
export async function nextRotatedName(current: string): Promise<string> {
  const numbers = await rotationNumbers(current);
  return rotatedName(current, (numbers.at(-1) ?? 0) + 1);
}

async function rotationNumbers(current: string): Promise<readonly number[]> {
  const prefix = `${basename(current)}.`;
  return (await namesBeside(current))
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))
    .filter((end) => /^[1-9]\d{0,14}$/.test(end))
    .map(Number)
    .sort((a, b) => a - b);
}

function rotatedName(current: string, number: number): string {
  return join(dirname(current), `${basename(current)}.${number}`);
}

async function namesBeside(current: string): Promise<readonly string[]> {
  try {
    return await readdir(dirname(current));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
