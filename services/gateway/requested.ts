import type { SiteRules } from '#libs/actions/action';
import type { Requested, Resolution } from '#libs/contracts/facts';
import type { Plan } from '#libs/contracts/plan';
import { redact, redactText } from '#libs/contracts/redact';
import { detailsSchema, longestReason } from '#libs/contracts/scalars';
import { targetId } from '#libs/contracts/target';
import { planFor, runbookNamed } from '#libs/runbooks/catalogue';
import type { Concern, ConfiguredTargets, VerificationSettings } from '#libs/runbooks/runbook';
import { toInstant } from '#libs/runtime/instant';
import { asSentence } from './answers/sentence.ts';
import { type Asking, fingerprintOfAsking } from './asking.ts';

const longestMethod = 200;

export type RequestSettings = {
  readonly rules: SiteRules;
  /** The engine of a request that names none. */
  readonly engine: string;
  /** How long after its receipt a request may still start. */
  readonly ttlMs: number;
  /** Turns every request into a dry run. */
  readonly dryRunOnly: boolean;
  readonly verification: VerificationSettings;
  readonly configured: ConfiguredTargets;
};

export function expiryMs(asking: Asking, settings: RequestSettings): number {
  return asking.receivedAtMs + settings.ttlMs;
}

export function expired({ waitedFor, engine }: Asking, settings: RequestSettings): Resolution {
  const cause =
    waitedFor === undefined
      ? ''
      : `, because it waited for the engine ${engine ?? settings.engine}: ${asSentence(waitedFor).replace(/\.$/, '')}`;
  const message = `the request was too old to start when it was taken up${cause}; ask again if it is still wanted`;
  return { status: 'expired', message };
}

/** The fact that opens a remediation. What has no plan is stated all the same, so that it ends visibly. */
export function toRequested(
  asking: Asking,
  resolution: Resolution,
  settings: RequestSettings,
  now: number,
): Requested {
  const { action, params, override } = asking.ask;
  const plan =
    resolution.status === 'resolved'
      ? planFor(action, resolution.targets, params, settings.verification)
      : undefined;
  const planned = plan === undefined || plan.steps.length === 0 ? null : boundBy(resolution, plan);
  return {
    type: 'requested',
    remediation_id: asking.id,
    at: toInstant(now),
    received_at: toInstant(asking.receivedAtMs),
    expires_at: toInstant(expiryMs(asking, settings)),
    door: asking.door,
    endpoint: action,
    principal: asking.principal,
    fingerprint: fingerprintOfAsking(asking),
    ask: {
      ...withoutSecrets(asking.ask),
      container: containerOf(asking, settings),
      dry_run: asking.ask.dry_run || settings.dryRunOnly,
    },
    ...(override
      ? {
          break_glass: {
            gates: override,
            principal: asking.principal,
            reason: saidOf(asking.ask.reason ?? ''),
          },
        }
      : {}),
    engine: asking.engine ?? settings.engine,
    resolution: resolutionWith(planned, resolution, action),
    plan: planned,
  };
}

/** Each step says by ids what its target was resolved to. */
function boundBy(resolution: Resolution, plan: Plan): Plan {
  const resolved = resolution.status === 'resolved' ? resolution.targets : [];
  const steps = plan.steps.map((step) => {
    const bound = resolved.find(({ target }) => targetId(target) === targetId(step.target))?.bound;
    return bound ? { ...step, bound } : step;
  });
  return { ...plan, steps };
}

/** What is said beside the action is kept for days and shown to many; what looks like a secret is not kept at all. */
function withoutSecrets(ask: Asking['ask']): Asking['ask'] {
  const { reason, metrics, analysis_method: method } = ask;
  return {
    ...ask,
    ...(reason === undefined ? {} : { reason: saidOf(reason) }),
    ...(metrics === undefined ? {} : { metrics: detailsSchema.parse(redact(metrics)) }),
    ...(method === undefined ? {} : { analysis_method: redactText(method).slice(0, longestMethod) }),
  };
}

function saidOf(reason: string): string {
  return redactText(reason).slice(0, longestReason);
}

/** What answers and events call the thing that it is about. */
function containerOf({ ask }: Asking, { configured }: RequestSettings): string {
  return ask.container ?? runbookNamed(ask.action)?.about(configured) ?? ask.action;
}

/** All that a request may act upon. */
export function concernsOf({ ask }: Asking, { configured }: RequestSettings): readonly Concern[] {
  return runbookNamed(ask.action)?.concerns(ask.container ?? '', ask.params, configured) ?? [];
}

function resolutionWith(plan: Plan | null, resolution: Resolution, action: string): Resolution {
  if (plan !== null || resolution.status !== 'resolved') return resolution;
  return { status: 'not_applicable', message: `${action} has nothing to do for this target` };
}
