import { z } from 'zod';
import { exitCodeOf } from './command-error.ts';
import { exitCodes } from './exit-codes.ts';
import { gateLines, gateSchema } from './gate-lines.ts';
import { sayDuration } from './moments.ts';
import { remedyFor } from './remedies.ts';
import type { Screen, Style } from './screen.ts';
import { plain, tableLines } from './table.ts';

/** A remediation as far as it is shown. */
export const remediationSchema = z.object({
  remediation_id: z.string(),
  state: z.string(),
  outcome: z.string().nullable(),
  message: z.string(),
  container: z.string(),
  action: z.string(),
  targets: z.array(z.string()).default([]),
  dry_run: z.boolean(),
  would_be: z.string().optional(),
  refusal: z
    .object({ reason: z.string(), message: z.string(), remaining_seconds: z.number().optional() })
    .optional(),
  preview: z
    .object({
      steps: z.array(
        z.object({
          n: z.number(),
          action: z.string(),
          command: z.string(),
          applicable: z.boolean().optional(),
          calls: z.array(z.string()),
          risk_level: z.string(),
          notes: z.array(z.string()),
        }),
      ),
    })
    .optional(),
  gates: z.array(gateSchema),
  execution_log: z.array(
    z.object({
      step: z.number(),
      action: z.string(),
      status: z.string(),
      result: z.record(z.string(), z.unknown()),
      error: z.string().optional(),
      verdict: z.string().optional(),
    }),
  ),
});
export type Remediation = z.output<typeof remediationSchema>;

/** What a script is told of how it ended. */
export function exitCodeOfRemediation(remediation: Remediation): number {
  const { outcome, would_be, refusal, preview, execution_log } = remediation;
  const futile = preview?.steps.every(({ applicable }) => applicable === false) === true;
  // There was nothing to do: what was asked for is so.
  const needless = execution_log.length > 0 && execution_log.every(({ status }) => status === 'skipped');
  switch (outcome) {
    case null:
      return exitCodes.notYet;
    case 'recovered':
    case 'executed':
      return exitCodes.well;
    case 'dry_run':
      return would_be === 'approved' && !futile ? exitCodes.well : exitCodes.refused;
    case 'rejected':
    case 'expired':
    case 'not_applicable':
      if (needless) return exitCodes.well;
      return refusal ? exitCodeOf(refusal.reason) : exitCodes.refused;
    default:
      return exitCodes.unwell;
  }
}

export function remediationLines(remediation: Remediation, out: Screen): readonly string[] {
  const { outcome, state, message, action, container, remediation_id: id, refusal, gates } = remediation;
  const code = exitCodeOfRemediation(remediation);
  const word = outcome ?? state;
  return [
    `${out.paint(colourOf(code), word)}: ${plain(message)}`,
    `${action} of ${plain(container)}, remediation ${id}`,
    ...stepLines(remediation),
    ...previewLines(remediation),
    ...(refusal && gates.length > 0 ? ['', ...gateLines(gates, out)] : []),
    ...remedyLines(remediation, out),
  ];
}

function colourOf(code: number): Style {
  if (code === exitCodes.well) return 'green';
  return code === exitCodes.unwell ? 'red' : 'yellow';
}

function stepLines({ execution_log: steps }: Remediation): readonly string[] {
  if (steps.length === 0) return [];
  const rows = steps.map(({ step, action, status, verdict = '-', error }) => [
    String(step),
    action,
    status,
    verdict,
    error ?? '',
  ]);
  const said = steps.flatMap(({ result }) =>
    (['stdout', 'stderr'] as const).flatMap((name) => {
      const text = result[name];
      if (typeof text !== 'string' || text === '') return [];
      return [
        '',
        `${name}:`,
        ...text
          .trimEnd()
          .split('\n')
          .map((line) => `  ${plain(line)}`),
      ];
    }),
  );
  return ['', ...tableLines(['step', 'action', 'status', 'verdict', 'error'], rows), ...said];
}

function previewLines({ preview }: Remediation): readonly string[] {
  if (!preview) return [];
  return preview.steps.flatMap(({ n, command, calls, risk_level, notes }) => [
    '',
    `step ${n}, risk ${risk_level}: ${plain(command)}`,
    ...[...calls, ...notes].map((line) => `  ${plain(line)}`),
  ]);
}

function remedyLines({ refusal, container, targets }: Remediation, out: Screen): readonly string[] {
  const seconds = refusal?.remaining_seconds;
  const wait =
    seconds === undefined || seconds === 0 ? [] : [`it is allowed again in ${sayDuration(seconds)}`];
  const remedy = remedyFor(refusal?.reason ?? '', heldName(container, targets));
  const all = [...wait, ...(remedy ? [remedy] : [])];
  return all.length === 0 ? [] : [`${out.paint('bold', 'what to do:')} ${all.join('; ')}`];
}

/** What a reset is asked for: what concerns no container has its target alone. */
function heldName(container: string, targets: readonly string[]): string {
  const [target = ''] = targets;
  return /^[^/]+\/(container|compose|swarm)\//.test(target) ? container : target || container;
}
