import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { sharedLibraries } from './shared-libraries.ts';

/** What an image consists of; every key is a path in the image. */
export type RootFs = {
  /** Programs of this machine, each taken along with the libraries it needs. */
  readonly programs?: Readonly<Record<string, string>>;
  /** Folders of this machine. */
  readonly folders?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly links?: Readonly<Record<string, string>>;
};

export interface PackedRootFs extends AsyncDisposable {
  readonly tar: Readable;
}

const emptyFolders = ['dev', 'etc', 'proc', 'root', 'run', 'sys', 'usr/bin', 'var'];
const foldersForEveryone = ['tmp', 'var/tmp', 'home/node'];
const users = {
  'etc/passwd':
    'root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n',
  'etc/group': 'root:x:0:\nnode:x:1000:\nnogroup:x:65534:\n',
  'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
};

/** Lays the files out in a temporary folder, which goes with the result, and streams it as a tar archive. */
export async function packRootFs(rootFs: RootFs): Promise<PackedRootFs> {
  const folder = await mkdtemp(join(tmpdir(), 'hemostat-image-'));
  await layOut(folder, rootFs);
  const owner = process.getuid?.() === 0 ? [] : ['--owner=0', '--group=0'];
  const tar = spawn(
    'tar',
    ['-C', folder, '--sort=name', '--mtime=@0', '--numeric-owner', ...owner, '-c', '.'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  return {
    tar: tar.stdout,
    async [Symbol.asyncDispose]() {
      await ended(tar);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function layOut(folder: string, { programs = {}, folders = {}, files = {}, links = {} }: RootFs) {
  for (const name of [...emptyFolders, ...foldersForEveryone])
    await mkdir(join(folder, name), { recursive: true });
  for (const name of foldersForEveryone) await chmod(join(folder, name), 0o1777);
  for (const [path, source] of Object.entries(programs)) {
    await copy(source, join(folder, path));
    for (const library of await sharedLibraries(source)) await copy(library, join(folder, library));
  }
  for (const [path, source] of Object.entries(folders)) await copy(source, join(folder, path));
  for (const [path, content] of Object.entries({ ...users, ...files })) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content, { mode: content.startsWith('#!') ? 0o755 : 0o644 });
  }
  for (const [path, target] of Object.entries(links)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await symlink(target, join(folder, path));
  }
}

async function copy(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  await cp(await realpath(source), target, { recursive: true, verbatimSymlinks: true });
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve()).kill();
  });
}
