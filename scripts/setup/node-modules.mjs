import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { outcomeOf, outputOf } from './command.mjs';
import { isInstalledAs } from './npm-lock.mjs';
import { projectFolder } from './places.mjs';
import { Problem } from './problem.mjs';
import { say } from './say.mjs';
import { versionIn } from './versions.mjs';

const nodeMajor = 24;
const inProject = (name) => join(projectFolder, name);
const stamp = inProject('node_modules/.hemostat-lock-hash');
const all = ['start', 'demo', 'test', 'bench'];

export const nodeModules = { name: 'node_modules', targets: all, isThere, fetch };

async function isThere() {
  const [stamped, hash, hasNode] = await Promise.all([read(stamp), lockHash(), hasNode24()]);
  if (!hasNode) return false;
  if (stamped === hash) return true;
  // Somebody ran `npm ci` by hand: npm's own record says the same as a stamp.
  const [lock, installed] = await Promise.all([
    read(inProject('package-lock.json')),
    read(inProject('node_modules/.package-lock.json')),
  ]);
  if (!installed || !isInstalledAs(JSON.parse(lock), JSON.parse(installed))) return false;
  await writeFile(stamp, hash);
  return true;
}

async function fetch() {
  const hash = await lockHash();
  say('installing node_modules (npm ci)');
  // Only one package needs its install script: `node`. Older npm versions would run all of them.
  await outputOf('npm', ['ci', '--ignore-scripts'], { cwd: projectFolder });
  const { output } = await outcomeOf('npm', ['rebuild', 'node'], { cwd: projectFolder });
  if (!(await hasNode24())) {
    throw new Problem(
      `Node ${nodeMajor} is not at node_modules/.bin/node: the install script of the package \`node\` did not run\n${output}`,
      'npm rebuild node --ignore-scripts=false',
      'or allow install scripts in your npm settings (ignore-scripts, allow-scripts) and run this again',
    );
  }
  await writeFile(stamp, hash);
}

async function hasNode24() {
  const { code, output } = await outcomeOf(inProject('node_modules/.bin/node'), ['--version']);
  return code === 0 && versionIn(output)?.[0] === nodeMajor;
}

async function lockHash() {
  return createHash('sha256')
    .update(await readFile(inProject('package-lock.json')))
    .digest('hex');
}

function read(file) {
  return readFile(file, 'utf8').catch(() => undefined);
}
