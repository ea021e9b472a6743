import type { Terminal } from '#libs/bus/remediation-record';
import { type Complete, type Previewed, type Refused, type Requested, whyOf } from '#libs/contracts/facts';
import type { GateVerdict } from '#libs/contracts/gates';

/**
 * HemoStat's `remediation_complete` event, as its document shapes it, for one terminal fact and the gates that were
 * passed or not. `data` carries the nested shape that its programs really sent, so that consumers of either kind find
 * what they look for.
 */
export function remediationComplete(
  requested: Requested,
  terminal: Terminal,
  gates: readonly GateVerdict[],
): Record<string, unknown> {
  const { remediation_id: id } = requested;
  const { event_type: type, ...documented } = {
    ...shapeOf(requested, terminal),
    timestamp: terminal.fact.at,
  };
  const { outcome } = terminal.fact;
  return {
    event_type: type,
    ...documented,
    remediation_id: id,
    outcome,
    gates,
    ...explained(terminal),
    data: { ...documented, remediation_id: id, outcome },
  };
}

/** What the document does not know of: at the top only, so that the nested copy stays small. */
function explained(terminal: Terminal): Record<string, unknown> {
  if (terminal.kind === 'complete') return { execution_log: terminal.fact.execution_log };
  if (terminal.fact.verdict === 'refused') return {};
  return { would_be: terminal.fact.would_be, preview: terminal.fact.preview };
}

type Event = { readonly event_type: 'remediation_complete'; readonly [member: string]: unknown };

function shapeOf(requested: Requested, terminal: Terminal): Event {
  if (terminal.kind === 'complete') return ended(requested, terminal.fact);
  return terminal.fact.verdict === 'dry_run'
    ? previewed(requested, terminal.fact)
    : refused(requested, terminal.fact);
}

const heading = ({ ask }: Requested): Event => ({
  event_type: 'remediation_complete',
  container: ask.container,
  action: ask.action,
});

const asked = ({ ask }: Requested) => ({ reason: ask.reason ?? null, confidence: ask.confidence ?? null });

function ended(requested: Requested, fact: Complete): Event {
  const { container, action } = requested.ask;
  const succeeded = fact.outcome === 'recovered' || fact.outcome === 'executed';
  const status = succeeded
    ? 'success'
    : fact.outcome === 'not_applicable'
      ? 'not_applicable'
      : failedStatus(fact);
  const result = succeeded
    ? { status, action, container, details: fact.message, ...membersOf(fact) }
    : { status, action, container, error: fact.message, ...whyOf(fact), ...membersOf(fact, 'failed') };
  return {
    ...heading(requested),
    result,
    dry_run: false,
    ...asked(requested),
  };
}

/** What the document promises of an action's result besides its `details`. */
const resultMembers: Readonly<Record<string, readonly string[]>> = {
  exec: ['command', 'exit_code', 'output', 'truncated', 'timed_out'],
  cleanup: [
    'containers_removed',
    'images_removed',
    'volumes_removed',
    'space_reclaimed_bytes',
    'sizes_unknown',
    'more',
  ],
  scale_up: ['service', 'previous_replicas', 'new_replicas'],
  scale_down: ['service', 'previous_replicas', 'new_replicas'],
};

function membersOf(
  { execution_log: log }: Complete,
  wanted: 'success' | 'failed' = 'success',
): Record<string, unknown> {
  const { action = '', result = {} } = log.findLast(({ status }) => status === wanted) ?? {};
  const names = ['network_lost_by', 'now', ...(resultMembers[action] ?? [])];
  return Object.fromEntries(names.flatMap((name) => (name in result ? [[name, result[name]]] : [])));
}

/** A program that is not there is another matter than one that failed. */
function failedStatus({ execution_log: log }: Complete): 'failed' | 'not_available' {
  return log.at(-1)?.result.status === 'not_available' ? 'not_available' : 'failed';
}

function previewed(requested: Requested, fact: Previewed): Event {
  const { container, action } = requested.ask;
  const command = fact.preview.steps.map((step) => step.command).join('; ');
  return {
    ...heading(requested),
    result: {
      status: 'success',
      action,
      container,
      details: `Dry run, nothing was done. Would run: ${command}`,
    },
    dry_run: true,
    ...asked(requested),
  };
}

function refused(requested: Requested, fact: Refused): Event {
  if (fact.reason === 'container_not_found') {
    return {
      ...heading(requested),
      result: { status: 'failed', error: notFound(requested, fact) },
      message: fact.message,
      dry_run: requested.ask.dry_run,
      ...asked(requested),
    };
  }
  return {
    ...heading(requested),
    status: 'rejected',
    reason: fact.reason,
    message: fact.message,
    ...(fact.errors?.[0] === undefined ? {} : { field: fact.errors[0].field, errors: fact.errors }),
    ...(fact.candidates === undefined ? {} : { candidates: fact.candidates }),
    ...(fact.remaining_seconds === undefined ? {} : { remaining_seconds: fact.remaining_seconds }),
    ...(fact.allowed_at === undefined ? {} : { allowed_at: fact.allowed_at }),
    ...(fact.retry_count === undefined ? {} : { retry_count: fact.retry_count }),
    dry_run: requested.ask.dry_run,
    confidence: requested.ask.confidence ?? null,
  };
}

/** The document's words alone, for whoever compares them; what to do about it stands in `message`. */
function notFound({ ask }: Requested, { message }: Refused): string {
  const documented = `Container not found: ${ask.container}`;
  return message.startsWith(documented) ? documented : message;
}
