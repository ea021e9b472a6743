import { stopChaosAttack } from '#libs/actions/stop-chaos-attack';
import type { ProblemCode } from '#libs/contracts/problem';
import { asSentence } from './sentence.ts';
import { type RemediationView, terminalOfView } from './view.ts';
import { finalHealth } from './workflow-log.ts';

// The same key would give the same answer again, or be refused for another request.
const afresh = ', with a new Idempotency-Key if you send one';

/** What to do now, in words, for whoever ran the workflow. */
export function recommendationOf(view: RemediationView): string {
  const terminal = terminalOfView(view);
  const { plan, ask } = view.requested;
  if (!terminal) return 'It is still under way. Look again at the Location of this answer.';
  const { outcome } = terminal.fact;
  const escalation = plan?.steps.find(({ when }) => when === 'if_unhealthy');
  const escalated = escalation !== undefined && view.steps[escalation.n - 1]?.executed?.status === 'success';
  switch (outcome) {
    case 'recovered': {
      const pool = finalHealth(view)?.pool_health === null ? '' : ' Pool health restored.';
      return `✅ System recovered successfully${escalated ? ' after the database was restarted' : ''}.${pool}${stillAttacked(view)}`;
    }
    case 'dry_run':
      return (
        refusedInDryRun(view) ??
        `Nothing was done: this was a dry run. To carry it out, ask again without dry_run${afresh}.`
      );
    case 'ineffective':
      if (escalated)
        return '⚠️ Restarting the API and the database did not help. A person is needed: see the logs of both containers, and the pool status of the target.';
      return ask.params.escalate_to_db_restart === true
        ? '⚠️ The target is still unhealthy. A person is needed: see its logs and its pool status.'
        : `⚠️ Restarting the API did not help. See its logs and its pool status; if the database holds the connections, ask again with escalate_to_db_restart=true once the back-off is over${afresh}.`;
    case 'inconclusive':
      return '⚠️ It ran, but whether it helped could not be told, so nothing more was tried. Look at the target before asking again.';
    case 'unknown':
      return '⚠️ Nobody knows whether a step took effect. Look at the containers before asking again; the target stays leased until a late effect is ruled out.';
    default:
      return `⚠️ ${asSentence(terminal.kind === 'complete' ? terminal.fact.message : 'It was refused.')} Mend the cause, then ask again${afresh}.`;
  }
}

/** A workflow that goes on without stopping the attack heals what may be broken again. */
function stillAttacked({ steps }: RemediationView): string {
  const stop = steps.find(({ executed }) => executed?.action === stopChaosAttack.name)?.executed;
  const sure = stop === undefined || stop.status === 'success' || stop.status === 'skipped';
  return sure
    ? ''
    : ` But it is not known that the attack was stopped, and then it may fall ill again: ${asSentence(stop.error?.message ?? stop.status)}`;
}

function refusedInDryRun({ decided }: RemediationView): string | undefined {
  const refusal = decided?.verdict === 'dry_run' ? decided.refusal : undefined;
  return (
    refusal &&
    `Nothing was done: this was a dry run. Just now it would be refused: ${asSentence(refusal.message)}`
  );
}

/** What to do about an answer that is a problem. */
export function recommendationFor(code: ProblemCode, retryAfterSeconds: number | undefined): string {
  const later = retryAfterSeconds === undefined ? '' : ` in ${retryAfterSeconds} s`;
  switch (code) {
    case 'cooldown_active':
      return `The target was healed a short while ago and rests. If it is ill again, find out why; ask again${later}${afresh}.`;
    case 'rate_limited':
      return `Nothing was done: too much was asked of this target in a short time. Ask again${later}${afresh}.`;
    case 'back_off_active':
      return `Nothing was done. Find out why the last attempt did not help; ask again${later}${afresh}.`;
    case 'circuit_breaker_open':
      return `⚠️ Several attempts did not help: a person is needed. Reset the breaker when the cause is mended, then ask again${afresh}.`;
    case 'busy':
      return `Another remediation is under way on one of the targets. Follow that one: its id is in the gate busy. If it does not help, ask again${afresh}.`;
    case 'idempotency_key_reused':
      return 'Nothing was done because of this request. The key names an earlier one: follow that at the Location of this answer, or ask with a new Idempotency-Key.';
    case 'kill_switch':
    case 'maintenance_window':
      return `Nothing was done: remediation is switched off for now, because somebody wants it so. Ask again when it is on${afresh}.`;
    case 'nats_unavailable':
    case 'docker_unavailable':
    case 'service_unavailable':
    case 'internal':
      return `Nothing is known to have been done. GET /health says what is wrong; ask again${later} with the same Idempotency-Key.`;
    case 'expired':
      return `Nothing was done: its time was over before it could start. GET /health says what is wrong; ask again${later}${afresh}.`;
    default:
      return `Nothing was done. Mend what \`detail\` says, then ask again${afresh}.`;
  }
}
