import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

// The C library loads these by name when it resolves host names; the linker does not list them.
const loadedLater = ['libnss_files.so.2', 'libnss_dns.so.2', 'libresolv.so.2'];

/** The files that a program needs beside itself to run on this machine; none when it is static. */
export async function sharedLibraries(program: string): Promise<readonly string[]> {
  const listing = await promisify(execFile)('ldd', [program]).then(
    ({ stdout }) => stdout,
    () => '',
  );
  const linked = [...listing.matchAll(/(?:=>\s+|^\s+)(\/\S+)/gm)].map(([, file]) => file ?? '');
  const libc = linked.find((file) => file.includes('/libc.so'));
  const later = libc === undefined ? [] : loadedLater.map((name) => join(dirname(libc), name));
  const there = await Promise.all(later.map(isReadable));
  return [...new Set([...linked, ...later.filter((_, index) => there[index])])];
}

async function isReadable(file: string): Promise<boolean> {
  return access(file, constants.R_OK).then(
    () => true,
    () => false,
  );
}
