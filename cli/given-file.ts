import { readFile } from 'node:fs/promises';
import { usageError } from './command-error.ts';

/** The text of a file that was named on the command line. */
export async function readGivenFile(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw usageError(`The file ${file} cannot be read (${why}).`, 'check its name, and that you may read it');
  });
}
