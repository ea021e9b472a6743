import { Problem } from '#libs/contracts/problem';
import type { Details } from '#libs/contracts/scalars';
import { howToLift } from '../kill-switch.ts';
import { previewDetails } from './action-body.ts';
import { executionLogOf } from './execution-log.ts';
import { refusalMember } from './remediation-body.ts';
import { asSentence } from './sentence.ts';
import { type RemediationView, stateOf, terminalOfView } from './view.ts';

/** Terminal without having run: the problem to answer with. Undefined for what ran, previewed or is under way. */
export function refusalOf(view: RemediationView): Problem | undefined {
  const terminal = terminalOfView(view);
  const { resolution } = view.requested;
  // Safety cannot say anything else, so that nobody has to wait for its word.
  if (resolution.status === 'invalid') {
    const { message, errors = [] } = resolution;
    const extras = membersOf(view, { reason: 'invalid_request', outcome: 'rejected' });
    return new Problem('invalid_request', message, { errors, extras });
  }
  if (terminal?.kind === 'complete') {
    const { outcome, message } = terminal.fact;
    return outcome === 'expired'
      ? new Problem('expired', message, { extras: membersOf(view, { reason: 'expired', outcome }) })
      : undefined;
  }
  if (terminal?.fact.verdict !== 'refused') return undefined;
  const { reason, message, outcome, remaining_seconds, retry_count, allowed_at } = terminal.fact;
  const detail = reason === 'kill_switch' ? `${asSentence(message)} ${howToLift}` : message;
  return new Problem(reason, detail, {
    extras: membersOf(view, {
      reason,
      outcome,
      ...(remaining_seconds === undefined ? {} : { remaining_seconds }),
      ...(retry_count === undefined ? {} : { retry_count }),
      ...(allowed_at === undefined ? {} : { allowed_at }),
    }),
  });
}

function membersOf(view: RemediationView, own: Record<string, unknown>): Record<string, unknown> {
  const { requested, decided, traceId } = view;
  const { resolution } = requested;
  const candidates = resolution.status === 'resolved' ? undefined : resolution.candidates;
  return {
    ...own,
    remediation_id: requested.remediation_id,
    container: requested.ask.container,
    action: requested.ask.action,
    dry_run: requested.ask.dry_run,
    state: stateOf(view),
    ...(candidates === undefined ? {} : { candidates }),
    ...(requested.ask.dry_run ? { details: detailsOfNothing(view) } : {}),
    gates: decided?.gates ?? [],
    execution_log: executionLogOf(view),
    ...(traceId === undefined ? {} : { trace_id: traceId }),
  };
}

/** The `details` of a dry run for which there is nothing to preview. */
function detailsOfNothing(view: RemediationView): Details {
  return previewDetails({ preview: { steps: [] }, would_be: 'refused', ...refusalMember(view) });
}
