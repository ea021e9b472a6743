import { z } from 'zod';

const findingSchema = z.object({
  suite: z.string(),
  /** Whose tests told it. */
  file: z.string(),
  found: z.record(z.string(), z.union([z.string(), z.number()])),
});
export type Finding = z.infer<typeof findingSchema>;

/** Under which circumstances something was found. */
export type Circumstances = {
  readonly date: string;
  readonly commit: string;
  readonly ground: string;
  /** The files of which every test passed; undefined when the run was broken off, so that nobody knows. */
  readonly passed: ReadonlySet<string> | undefined;
};

const begin = '<!-- found: begin -->';
const end = '<!-- found: end -->';
const head = [
  '| suite | what was done and found | when, at which commit | on |',
  '| --- | --- | --- | --- |',
];

/** What the suites told, from the lines that they wrote. */
export function findingsIn(lines: string): readonly Finding[] {
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => findingSchema.parse(JSON.parse(line)));
}

/** The report with a row for each finding, in the place of an older row of the same suite. */
export function withFindings(report: string, findings: readonly Finding[], at: Circumstances): string {
  const [before = '', rest = ''] = report.split(begin);
  const [table = '', after = ''] = rest.split(end);
  const rows = new Map(
    table.split('\n').flatMap((line) => (isRow(line) ? [[nameIn(line), line] as const] : [])),
  );
  for (const finding of findings) rows.set(finding.suite, rowOf(finding, at));
  const sorted = [...rows].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
  return [`${before}${begin}`, ...head, ...sorted.map(([, row]) => row), `${end}${after}`].join('\n');
}

const isRow = (line: string): boolean => line.startsWith('| ') && !head.includes(line);
const nameIn = (row: string): string => row.split('|')[1]?.trim() ?? '';

function rowOf({ suite, file, found }: Finding, { date, commit, ground, passed }: Circumstances): string {
  const words = Object.entries(found).map(([name, value]) => `${name.replaceAll('_', ' ')} ${value}`);
  const doubts = passed === undefined ? ['**run broken off**'] : passed.has(file) ? [] : ['**not passed**'];
  return `| ${suite} | ${[...doubts, ...words].join(', ').replaceAll('|', '\\|')} | ${date}, ${commit} | ${ground} |`;
}
