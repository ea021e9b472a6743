// The proofs at their full size: npm run proof, or npm run proof -- kill-loop soak for some of them. Takes hours.
// What they find goes into docs/proof.md. HEMOSTAT_PROOF_SEED repeats a run.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { closingLine, outcomeOf } from '../run/outcome.ts';
import { openPlace } from '../run/place.ts';
import { runVitest } from '../run/vitest.ts';
import { findingsIn, withFindings } from './report.ts';

const root = join(import.meta.dirname, '..', '..');
const report = join(root, 'docs', 'proof.md');
const others: Readonly<Record<string, string>> = {
  model: 'tests/model',
  simulation: 'tests/simulation',
};
const pathOf = (suite: string): string => others[suite] ?? `tests/proof/${suite}`;

const wanted = process.argv.slice(2);
for (const suite of wanted.filter((name) => !existsSync(join(root, pathOf(name))))) {
  console.error(
    `There is no proof called ${suite}. The folders of tests/proof are their names, and model, simulation.`,
  );
  process.exit(2);
}
const paths = wanted.length > 0 ? wanted.map(pathOf) : ['tests/proof', ...Object.values(others)];

const stopped = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stopped.abort());

await using place = await openPlace();
const file = join(place.folder, 'findings.jsonl');
process.env.HEMOSTAT_PROOF = 'long';
process.env.HEMOSTAT_PROOF_REPORT = file;
// One after another: each is to have the machine for itself.
const outcome = outcomeOf(await runVitest(place, [...paths, '--no-file-parallelism'], stopped.signal));
const findings = existsSync(file) ? findingsIn(readFileSync(file, 'utf8')) : [];
const text = (command: string, ...args: readonly string[]): string =>
  execFileSync(command, args, { cwd: root, encoding: 'utf8' }).trim();
const at = {
  date: new Date().toISOString().slice(0, 10),
  commit: text('git', 'rev-parse', '--short', 'HEAD'),
  ground: `${availableParallelism()} cores, Node ${process.versions.node}`,
};
writeFileSync(report, withFindings(readFileSync(report, 'utf8'), findings, at));
console.log(closingLine(outcome));
process.exitCode = outcome.isGood && !stopped.signal.aborted ? 0 : 1;
