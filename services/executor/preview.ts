import type { ContainerAction, EndpointAction, Patient, Prepared } from '#libs/actions/action';
import { actionNamed } from '#libs/actions/catalogue';
import { endpointCallText } from '#libs/actions/endpoint-port';
import { callText } from '#libs/actions/engine-port';
import { canonicalJson } from '#libs/contracts/json';
import type { Plan, Step } from '#libs/contracts/plan';
import type { Preview } from '#libs/contracts/preview';
import { Problem } from '#libs/contracts/problem';
import { type Target, targetId } from '#libs/contracts/target';
import type { Clock } from '#libs/runtime/clock';
import type { Endpoints } from './endpoint/endpoints.ts';

const sharedForMs = 100;

/** Where previews look: `look` finds the patient of a target, `missing` names the setting that an endpoint lacks. */
export type PreviewGround = {
  readonly look: (target: Target) => Promise<Patient | undefined>;
  readonly missing: Endpoints['missing'];
};

type PreviewStep = Preview['steps'][number];

/** What each step of a plan would do to its patient as it is now. */
export async function previewOf(plan: Plan, ground: PreviewGround): Promise<Preview> {
  return { steps: await Promise.all(plan.steps.map((step) => previewStep(step, ground))) };
}

async function previewStep(step: Step, ground: PreviewGround): Promise<PreviewStep> {
  const action = actionNamed(step.action);
  if (!action) throw new Problem('not_applicable', `This executor knows no action called ${step.action}.`);
  const shown =
    action.on === 'endpoint'
      ? ofEndpoint(action, step, ground)
      : await ofContainer(action, step, await ground.look(step.target));
  const condition =
    step.when === 'if_unhealthy' ? ['only if the step before it is verified not to have helped'] : [];
  return {
    n: step.n,
    action: action.name,
    risk_level: action.risk,
    reversible: action.reversible,
    ...shown,
    notes: [...condition, ...shown.notes],
  };
}

type Shown = Pick<PreviewStep, 'command' | 'calls' | 'estimated_downtime_seconds' | 'notes'>;

async function ofContainer(
  action: ContainerAction,
  { target, params }: Step,
  patient: Patient | undefined,
): Promise<Shown> {
  if (!patient) {
    throw new Problem(
      'container_not_found',
      `Container not found: ${targetId(target)}. It was there before; see docker ps -a.`,
    );
  }
  const prepared = action.prepare(patient, params);
  if (prepared.kind === 'not_applicable') throw new Problem('not_applicable', prepared.message);
  return shownOf(prepared, callText);
}

function ofEndpoint(action: EndpointAction, { params }: Step, { missing }: PreviewGround): Shown {
  const prepared = action.prepare(params);
  const lacking = prepared.calls.flatMap(({ endpoint }) => missing(endpoint) ?? []);
  if (lacking[0] !== undefined) throw new Problem('not_applicable', notSet(lacking[0]));
  return shownOf(prepared, endpointCallText);
}

function shownOf<Call>(prepared: Prepared<Call>, textOf: (call: Call) => string): Shown {
  return {
    command: prepared.command,
    calls: prepared.calls.map(textOf),
    estimated_downtime_seconds: prepared.estimated_downtime_seconds,
    notes: [...prepared.notes],
  };
}

/** Why an action on an endpoint without an address does not apply. */
export function notSet(setting: string): string {
  return `${setting} is not set, so there is nothing to call. Set it for the executor.`;
}

/** Makes a preview that serves everyone who asks for the same plan within a tenth of a second. */
export function sharedPreview(
  preview: (plan: Plan) => Promise<Preview>,
  clock: Clock,
): (plan: Plan) => Promise<Preview> {
  const recent = new Map<string, { readonly at: number; readonly preview: Promise<Preview> }>();
  return (plan) => {
    const now = clock.now();
    for (const [key, { at }] of recent) {
      if (now - at < sharedForMs) break;
      recent.delete(key);
    }
    const key = canonicalJson(plan);
    const made = recent.get(key) ?? { at: now, preview: preview(plan) };
    recent.set(key, made);
    return made.preview;
  };
}
