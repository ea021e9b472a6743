import type {
  Action,
  ContainerAction,
  EndpointAction,
  EngineAction,
  Patient,
  Prepared,
} from '#libs/actions/action';
import { actionNamed } from '#libs/actions/catalogue';
import { endpointCallText } from '#libs/actions/endpoint-port';
import { ActionFailed, callText } from '#libs/actions/engine-port';
import { longerLook } from '#libs/contracts/healthcheck';
import { canonicalJson } from '#libs/contracts/json';
import type { Plan, Step } from '#libs/contracts/plan';
import type { Preview } from '#libs/contracts/preview';
import { Problem } from '#libs/contracts/problem';
import type { Clock } from '#libs/runtime/clock';
import { type Endpoints, whyNotCallable } from './endpoint/endpoints.ts';
import type { Missing } from './look-up.ts';
import { surveyed } from './patient.ts';
import { sightOf } from './sight.ts';
import type { EngineView } from './view.ts';

const sharedForMs = 100;

/** Where previews look: the engine, the patient of a step, and which setting an endpoint lacks. */
export type PreviewGround = {
  readonly view: EngineView;
  readonly look: (step: Step, action: ContainerAction) => Promise<Patient | Missing>;
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
  const shown = await Promise.resolve(shownBy(action, step, ground)).catch((error: unknown) => {
    if (error instanceof ActionFailed) return nothing(error.message);
    throw error;
  });
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

type Shown = Pick<PreviewStep, 'command' | 'calls' | 'estimated_downtime_seconds' | 'notes' | 'expected'> &
  Partial<Pick<PreviewStep, 'risk_level' | 'applicable'>>;

function shownBy(action: Action, step: Step, ground: PreviewGround): Shown | Promise<Shown> {
  switch (action.on) {
    case 'container':
      return ofContainer(action, step, ground);
    case 'endpoint':
      return ofEndpoint(action, step, ground);
    case 'engine':
      return ofEngine(action, step, ground);
  }
}

async function ofEngine(
  action: EngineAction,
  { params, bound }: Step,
  { view }: PreviewGround,
): Promise<Shown> {
  const prepared = action.prepare(params, await action.survey(sightOf(view, action.name), params, bound));
  return prepared.kind === 'ready' ? shownOf(prepared, callText) : nothing(prepared.message);
}

async function ofContainer(
  action: ContainerAction,
  step: Step,
  { look, view }: PreviewGround,
): Promise<Shown> {
  const patient = await look(step, action);
  if ('kind' in patient) return nothing(patient.message);
  const { params, verify } = step;
  const prepared = action.prepare(await surveyed(view, action, patient, params), params, view.rules);
  if (prepared.kind !== 'ready') return nothing(prepared.message);
  const shown = shownOf(prepared, callText);
  const longer = verify && longerLook(verify, patient.reading);
  return longer
    ? { ...shown, notes: [...shown.notes, `waits up to ${longer.seconds} s: ${longer.why}`] }
    : shown;
}

function ofEndpoint(action: EndpointAction, { params }: Step, { missing }: PreviewGround): Shown {
  const prepared = action.prepare(params);
  const obstacle = whyNotCallable(prepared.calls, missing);
  return obstacle === undefined ? shownOf(prepared, endpointCallText) : nothing(obstacle);
}

// No failure of the preview: whoever asked would wait for one that succeeds.
function nothing(why: string): Shown {
  return {
    command: `nothing: ${why}`,
    applicable: false,
    calls: [],
    risk_level: 'none',
    estimated_downtime_seconds: 0,
    notes: ['it would not be applicable'],
  };
}

function shownOf<Call>(prepared: Prepared<Call>, textOf: (call: Call) => string): Shown {
  return {
    command: prepared.command,
    calls: prepared.calls.map(textOf),
    estimated_downtime_seconds: prepared.estimated_downtime_seconds,
    notes: [...prepared.notes],
    ...(prepared.expected ? { expected: prepared.expected } : {}),
  };
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
