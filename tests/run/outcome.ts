/** What vitest's JSON reporter writes, as far as it is read here. */
export type Report = {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly name: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
};

export type Outcome = {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly isGood: boolean;
  readonly remarks: readonly string[];
};

/** Counts honestly: a file that does not load and an error outside of every test are failures, too. */
export function outcomeOf(run: { readonly exitCode: number; readonly report: Report | undefined }): Outcome {
  const { report, exitCode } = run;
  if (report === undefined) return bad(0, 1, 0, 'vitest ended without a report');
  const broken = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed'),
  );
  const passed = report.numPassedTests;
  const failed = report.numFailedTests + broken.length;
  const skipped = report.numPendingTests + report.numTodoTests;
  if (passed + failed === 0) return bad(0, 1, skipped, 'no test was run');
  if (failed === 0 && exitCode !== 0)
    return bad(passed, 1, skipped, 'vitest met errors outside of the tests');
  return { passed, failed, skipped, isGood: failed === 0, remarks: [] };
}

function bad(passed: number, failed: number, skipped: number, remark: string): Outcome {
  return { passed, failed, skipped, isGood: false, remarks: [remark] };
}

export function closingLine({ passed, failed, skipped }: Outcome): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
