import type { Patient } from '#libs/actions/action';
import { actionNamed } from '#libs/actions/catalogue';
import { callText } from '#libs/actions/engine-port';
import { canonicalJson } from '#libs/contracts/json';
import type { Plan, Step } from '#libs/contracts/plan';
import type { Preview } from '#libs/contracts/preview';
import { Problem } from '#libs/contracts/problem';
import { type Target, targetId } from '#libs/contracts/target';
import type { Clock } from '#libs/runtime/clock';

const sharedForMs = 100;

/** What each step of a plan would do to its patient as it is now. `look` finds the patient of a target. */
export async function previewOf(
  plan: Plan,
  look: (target: Target) => Promise<Patient | undefined>,
): Promise<Preview> {
  return { steps: await Promise.all(plan.steps.map((step) => previewStep(step, look))) };
}

async function previewStep(
  step: Step,
  look: (target: Target) => Promise<Patient | undefined>,
): Promise<Preview['steps'][number]> {
  const action = actionNamed(step.action);
  if (!action) throw new Problem('not_applicable', `This executor knows no action called ${step.action}.`);
  const patient = await look(step.target);
  if (!patient) {
    throw new Problem(
      'container_not_found',
      `Container not found: ${targetId(step.target)}. It was there before; see docker ps -a.`,
    );
  }
  const prepared = action.prepare(patient, step.params);
  if (prepared.kind === 'not_applicable') throw new Problem('not_applicable', prepared.message);
  return {
    n: step.n,
    action: action.name,
    command: prepared.command,
    calls: prepared.calls.map(callText),
    risk_level: action.risk,
    reversible: action.reversible,
    estimated_downtime_seconds: prepared.estimated_downtime_seconds,
    notes: [...prepared.notes],
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
