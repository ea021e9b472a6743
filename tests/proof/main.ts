// The proofs at their full size: npm run proof, or npm run proof -- kill-loop soak for some of them. Takes hours.
// What they find goes into docs/proof.md. HEMOSTAT_PROOF_SEED repeats what a run drew.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { closingLine, outcomeOf } from '../run/outcome.ts';
import { openPlace } from '../run/place.ts';
import { runVitest } from '../run/vitest.ts';
import { propertyFiles, root } from './property-files.ts';
import { findingsIn, withFindings } from './report.ts';

const report = join(root, 'docs', 'proof.md');
const properties = propertyFiles();
const countsProperties = 'tests/proof/properties.test.ts';
const others: Readonly<Record<string, readonly string[]>> = {
  model: ['tests/model/'],
  simulation: ['tests/simulation/'],
  properties: [countsProperties, ...properties],
};
const pathsOf = (suite: string): readonly string[] => others[suite] ?? [`tests/proof/${suite}/`];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !pathsOf(name).every((path) => existsSync(join(root, path))));
if (unknown.length > 0) {
  console.error(
    `There is no proof called ${unknown.join(', ')}. The folders of tests/proof are their names, and ${Object.keys(others).join(', ')}.`,
  );
  process.exit(2);
}
const all = ['tests/proof/', ...Object.values(others).flat()];
const paths = wanted.length > 0 ? wanted.flatMap(pathsOf) : all;

// Asked before the run: hours later somebody may have committed something else.
const git = (...args: readonly string[]): string =>
  execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
const commit = (() => {
  try {
    const changed = git('status', '--porcelain', '--', '.', ':!docs/proof.md') !== '';
    return `${git('rev-parse', '--short', 'HEAD')}${changed ? ' and changes' : ''}`;
  } catch {
    return 'no commit';
  }
})();

const stopped = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stopped.abort());

await using place = await openPlace();
console.log(place.description);
const file = join(place.folder, 'findings.jsonl');
process.env.HEMOSTAT_PROOF = 'long';
process.env.HEMOSTAT_PROOF_REPORT = file;
// One after another: each is to have the machine for itself.
const run = await runVitest(place, [...paths, '--no-file-parallelism'], stopped.signal);
const outcome = outcomeOf(run);
const findings = existsSync(file) ? findingsIn(readFileSync(file, 'utf8')) : [];
const files = run.report?.testResults.flatMap(({ name, status }) => (status === 'passed' ? [name] : []));
const passed = files && new Set(files);
// It tells of tests that stand in other files.
if (!properties.every((each) => passed?.has(join(root, each)))) passed?.delete(join(root, countsProperties));
const at = {
  date: new Date().toISOString().slice(0, 10),
  commit,
  ground: `${availableParallelism()} cores, Node ${process.versions.node}`,
  passed,
};
writeFileSync(report, withFindings(readFileSync(report, 'utf8'), findings, at));
if (stopped.signal.aborted) console.error('stopped by a signal');
else for (const remark of outcome.remarks) console.error(remark);
console.log(closingLine(outcome));
process.exitCode = outcome.isGood && !stopped.signal.aborted ? 0 : 1;
