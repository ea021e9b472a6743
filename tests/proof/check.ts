// Judges a run by what it left behind in a folder (check/read-folder.ts says which files): node tests/proof/check.ts FOLDER.
// It asks no service and believes none: only clients, streams, the audit's lines, the engine's events and who killed.
import { checkAll } from './check/invariants.ts';
import { readFolder } from './check/read-folder.ts';
import { actsIn, outcomeOf, remediationsOf, terminalsOf } from './check/remediations.ts';
import { restartsOf } from './check/restarts.ts';
import { quantile, takeoversOf } from './check/takeover.ts';

const mostShown = 20;
const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('Say which folder of evidence is to be checked: node tests/proof/check.ts FOLDER');
  process.exit(2);
}

const evidence = readFolder(folder);
const findings = checkAll(evidence);
for (const { invariant, checked, of, offences } of findings) {
  console.log(
    `${offences.length === 0 ? 'holds ' : 'BROKEN'} ${invariant}: ${checked} ${of}, ${offences.length} offences`,
  );
  for (const offence of offences.slice(0, mostShown)) console.log(`         ${offence}`);
}
const takeovers = takeoversOf(evidence);
const ofWork = takeovers.filter(({ open }) => open > 0);
// What was never taken over has no number in JSON.
const takeover = (share: number, by: 'ms' | 'wholeMs', of = takeovers): number =>
  Math.min(
    quantile(
      of.map((each) => each[by]),
      share,
    ),
    Number.MAX_SAFE_INTEGER,
  );
const restarts = restartsOf(evidence);
const all = [...remediationsOf(evidence.messages).byId.values()];
const outcomes = Object.groupBy(all, (each) => {
  const [terminal] = terminalsOf(each);
  return (terminal && outcomeOf(terminal)) ?? 'none';
});
console.log(
  JSON.stringify({
    remediations: all.length,
    acted: all.filter((each) => actsIn(each).length > 0).length,
    outcomes: Object.fromEntries(
      Object.entries(outcomes).map(([outcome, own]) => [outcome, own?.length ?? 0]),
    ),
    offences: Object.fromEntries(findings.map(({ invariant, offences }) => [invariant, offences.length])),
    kills: evidence.kills.length,
    restarts_seen: restarts.seen,
    restarts_audited: restarts.audited,
    ready_p50_ms: quantile(
      evidence.kills.map(({ at, ready_at }) => ready_at - at),
      0.5,
    ),
    takeover_p50_ms: takeover(0.5, 'ms'),
    takeover_p95_ms: takeover(0.95, 'ms'),
    takeover_max_ms: takeover(1, 'ms'),
    takeover_of_work_p95_ms: takeover(0.95, 'ms', ofWork),
    takeover_whole_p95_ms: takeover(0.95, 'wholeMs'),
    takeovers: takeovers.map(({ what, ms, wholeMs, open }) => `${what} ${ms}/${wholeMs} of ${open}`),
  }),
);
process.exitCode = findings.some(({ offences }) => offences.length > 0) ? 1 : 0;
