import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

type Lock = {
  readonly packages: Readonly<
    Record<string, { readonly version?: string; readonly dev?: boolean; readonly optional?: boolean }>
  >;
};
type IndexEntry = { readonly key: string; readonly integrity?: string };

export interface NpmCache extends AsyncDisposable {
  readonly folder: string;
}

/** Copies from npm's own cache just what it takes to install the production packages of a lock file. */
export async function copyNpmCache(lockFile: string): Promise<NpmCache> {
  const { names, tarballs, needed } = packagesOf(JSON.parse(await readFile(lockFile, 'utf8')));
  const cache = join(await npmSetting('cache'), '_cacache');
  const folder = await mkdtemp(join(tmpdir(), 'hemostat-npm-cache-'));
  const found = new Set<string>();
  for (const file of await filesIn(join(cache, 'index-v5'))) {
    const entries = entriesIn(await readFile(join(cache, file), 'utf8'));
    const wanted = entries.map(({ key }) => documentOf(key)).find((it) => names.has(it) || tarballs.has(it));
    if (wanted === undefined) continue;
    found.add(wanted);
    for (const part of [file, ...entries.flatMap(contentOf)]) {
      await cp(join(cache, part), join(folder, '_cacache', part), { force: true }).catch(ignoreMissing);
    }
  }
  const missing = [...needed].filter((it) => !found.has(it));
  if (missing.length === 0) return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
  await rm(folder, { recursive: true });
  throw new Error(`npm's cache lacks ${missing.length} packages (${missing[0]}, …); \`npm ci\` fills it`);
}

export async function npmSetting(name: string): Promise<string> {
  const { stdout } = await promisify(execFile)('npm', ['config', 'get', name]);
  return stdout.trim();
}

function packagesOf(lock: Lock) {
  const production = Object.entries(lock.packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true)
    .map(([path, { version, optional }]) => {
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
      return { name, tarball: `${name}/-/${basename(name)}-${version}.tgz`, optional };
    });
  return {
    names: new Set(production.map(({ name }) => name)),
    tarballs: new Set(production.map(({ tarball }) => tarball)),
    // Of the optional ones only those of this platform are ever fetched.
    needed: new Set(production.filter(({ optional }) => optional !== true).map(({ tarball }) => tarball)),
  };
}

/** What a key of the cache is about: the name of a package, or `name/-/file` for its tarball. */
function documentOf(key: string): string {
  const path = decodeURIComponent(key.slice(key.lastIndexOf('://') + 3));
  const [, name = '', file = ''] = /((?:@[^/]+\/)?[^/@]+)(\/-\/[^/]+)?$/.exec(path) ?? [];
  return `${name}${file}`;
}

/** Each line of an index file is a checksum, a tab and an entry. */
function entriesIn(text: string): readonly IndexEntry[] {
  const lines = text.split('\n').filter((line) => line.includes('\t'));
  return lines.map((line): IndexEntry => JSON.parse(line.slice(line.indexOf('\t') + 1)));
}

function contentOf({ integrity }: IndexEntry): readonly string[] {
  if (integrity === undefined || integrity === null) return [];
  const dash = integrity.indexOf('-');
  const hex = Buffer.from(integrity.slice(dash + 1), 'base64').toString('hex');
  return [join('content-v2', integrity.slice(0, dash), hex.slice(0, 2), hex.slice(2, 4), hex.slice(4))];
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(basename(folder), join(entry.parentPath, entry.name).slice(folder.length)));
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}
