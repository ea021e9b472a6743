import type { ContainerAction, EndpointAction, EngineAction, Patient, Prepared } from '#libs/actions/action';
import { actionNamed } from '#libs/actions/catalogue';
import type { EndpointCall } from '#libs/actions/endpoint-port';
import { ActionFailed } from '#libs/actions/engine-port';
import type { Approved, Executed } from '#libs/contracts/facts';
import type { Step } from '#libs/contracts/plan';
import type { Details } from '#libs/contracts/scalars';
import { targetId } from '#libs/contracts/target';
import type { Clock } from '#libs/runtime/clock';
import { fromInstant } from '#libs/runtime/instant';
import { adviceOf, DockerError } from '../docker/docker-error.ts';
import { type Endpoints, whyNotCallable } from '../endpoint/endpoints.ts';
import { logsTailOf } from '../logs-tail.ts';
import type { Missing } from '../look-up.ts';
import { patientOf, surveyed } from '../patient.ts';
import { sightOf } from '../sight.ts';
import type { EngineView } from '../view.ts';
import type { ExecutorContext } from './running.ts';

/** Why a step is not carried out at all. */
export type Withheld = {
  readonly kind: 'withhold';
  readonly status: Extract<Executed['status'], 'failed' | 'not_applicable' | 'not_started'>;
  readonly error: { readonly code: string; readonly message: string };
};

/** What one step is going to do. */
export type Act = { readonly kind: 'act' } & (
  | {
      readonly on: 'container';
      readonly action: ContainerAction;
      readonly patient: Patient;
      readonly prepared: Prepared;
      /** What the container wrote last; null: that could not be read; undefined: its run goes on. */
      readonly logs_tail: string | null | undefined;
    }
  | {
      readonly on: 'endpoint';
      readonly action: EndpointAction;
      readonly prepared: Prepared<EndpointCall>;
    }
  | { readonly on: 'engine'; readonly action: EngineAction; readonly prepared: Prepared }
);
export type Intent = Act | Withheld;
type PatientAct = Omit<Extract<Act, { on: 'container' }>, 'logs_tail'>;

const withhold = (status: Withheld['status'], code: string, message: string): Withheld => ({
  kind: 'withhold',
  status,
  error: { code, message },
});

/** Looks at the patient and prepares. A step that cannot be carried out says so as a value. */
export async function intentOf(
  { view, endpoints, engineName, bus: { clock } }: ExecutorContext,
  approved: Approved,
  step: Step,
): Promise<Intent> {
  const action = actionNamed(step.action);
  const barred = obstacle(approved, step, engineName, clock.now());
  if (barred) return barred;
  const params = action?.params.safeParse(step.params);
  if (!action || !params?.success) {
    const message = `This executor cannot carry out ${step.action} as it was asked for. Do all services run the same version?`;
    return withhold('failed', 'not_understood', message);
  }
  if (action.on === 'endpoint') return forEndpoint(action, params.data, endpoints);
  try {
    if (action.on === 'engine') return await forEngine(action, params.data, step, view);
    return await forContainer(action, params.data, step, view, approved, clock);
  } catch (error) {
    if (error instanceof ActionFailed) return withhold('failed', error.code, error.message);
    if (!(error instanceof DockerError)) throw error;
    return withhold('failed', 'docker_unavailable', adviceOf(error));
  }
}

function forEndpoint(action: EndpointAction, params: Details, { missing }: Endpoints): Intent {
  const prepared = action.prepare(params);
  const why = whyNotCallable(prepared.calls, missing);
  return why === undefined
    ? { kind: 'act', on: 'endpoint', action, prepared }
    : withhold('not_applicable', 'not_applicable', why);
}

async function forEngine(
  action: EngineAction,
  params: Details,
  { target, bound }: Step,
  view: EngineView,
): Promise<Intent> {
  if (!bound) {
    const message = `The request names nothing that ${action.name} may act on: it was made by an earlier version. Ask again; nothing was done`;
    return withhold('not_applicable', 'not_bound', message);
  }
  if (action.kind !== target.kind || action.concerns(params) !== target.name) {
    const message = `The step is about something else than ${targetId(target)}, which is what is leased; nothing was done`;
    return withhold('failed', 'not_understood', message);
  }
  const prepared = action.prepare(params, await action.survey(sightOf(view, action.name), params, bound));
  return prepared.kind === 'ready'
    ? { kind: 'act', on: 'engine', action, prepared }
    : withhold('not_applicable', prepared.code ?? 'not_applicable', prepared.message);
}

async function forContainer(
  action: ContainerAction,
  params: Details,
  step: Step,
  view: EngineView,
  approved: Approved,
  clock: Clock,
): Promise<Intent> {
  const look = () => patientOf(view, step, action);
  const first = await look();
  if ('kind' in first) return forMissing(first);
  const logs_tail = action.endsRun ? await logsTailOf(view.engine, first, clock) : undefined;
  // Logs may take a while, and the patient is to be seen right before the intent.
  const patient = logs_tail === undefined ? first : await look();
  if ('kind' in patient) return forMissing(patient);
  const intent = await forPatient(action, patient, params, view, approved);
  return intent.kind === 'withhold' ? intent : { ...intent, logs_tail };
}

const statusOf = {
  replaced: 'not_applicable',
  container_not_found: 'failed',
  not_bound: 'not_started',
} as const;

function forMissing({ code, message }: Missing): Withheld {
  return withhold(statusOf[code], code, message);
}

async function forPatient(
  action: ContainerAction,
  found: Patient,
  params: Details,
  view: EngineView,
  { remediation_id, grants }: Approved,
): Promise<PatientAct | Withheld> {
  // Safety saw to it when it decided; a container that has come to the name since then is another one.
  if (found.protected_by !== null) {
    const message = `${targetId(found.target)} is protected by ${found.protected_by}`;
    return withhold('failed', 'protected_target', message);
  }
  const patient = await surveyed(view, action, { ...found, remediation_id }, params);
  const prepared = action.prepare(patient, params, view.rules);
  if (prepared.kind !== 'ready')
    return withhold('not_applicable', prepared.code ?? 'not_applicable', prepared.message);
  const leased = new Set(grants.map(({ target }) => targetId(target)));
  const free = prepared.touches?.find((target) => !leased.has(targetId(target)));
  if (free) {
    const message = `${targetId(found.target)} has changed since it was asked for: ${targetId(free)} would be concerned now, and is not leased. Ask again`;
    return withhold('failed', 'changed_meanwhile', message);
  }
  return { kind: 'act', on: 'container', action, patient, prepared };
}

function obstacle(approved: Approved, step: Step, engineName: string, now: number): Withheld | undefined {
  const id = targetId(step.target);
  if (step.target.engine !== engineName) {
    return withhold('not_applicable', 'wrong_engine', `${id} is on another engine than ${engineName}`);
  }
  if (!approved.grants.some((grant) => targetId(grant.target) === id)) {
    return withhold('not_started', 'no_lease', `No lease was granted for ${id}; nothing was done`);
  }
  const isFirst = step.n === approved.plan.steps[0]?.n;
  if (isFirst && now >= fromInstant(approved.expires_at)) {
    return withhold('not_started', 'expired', 'The request expired before it could start; nothing was done');
  }
  return undefined;
}
