import type { z } from 'zod';
import type { Bound } from '#libs/contracts/bound';
import type { Expectation } from '#libs/contracts/plan';
import type { FieldError } from '#libs/contracts/problem';
import type { ContainerReading } from '#libs/contracts/rpc';
import type { Details } from '#libs/contracts/scalars';
import type { ResolvedTarget, Target } from '#libs/contracts/target';
import type { EndpointCall, EndpointPort } from './endpoint-port.ts';
import type { EngineCall, EnginePort, EngineReader } from './engine-port.ts';
import type { CommandTable } from './exec/grammar.ts';

/** What an action knows of its patient just before it acts. */
export type Patient = {
  readonly target: Target;
  readonly container_id: string;
  readonly container_name: string;
  /** What its request was resolved to; nothing else may be acted upon. */
  readonly bound?: Bound;
  readonly reading: ContainerReading;
  /** Why nothing may be done to it; null: it may. */
  readonly protected_by: string | null;
  /** What the container itself asks for, in seconds; null when it states nothing. */
  readonly stop_timeout_seconds: number | null;
  /** Names of containers that live in this one's network and lose it when it restarts. */
  readonly network_dependents: readonly string[];
  /** What the action's own `survey` read, if it has one. */
  readonly surveyed?: Details;
  /** Under which remediation it is acted upon; absent in a preview. */
  readonly remediation_id?: string;
};

/** All that is fixed before the one call: shown as the preview, and stored as the intent. */
export type Prepared<Call = EngineCall> = {
  readonly kind: 'ready';
  /** What a person would type. */
  readonly command: string;
  readonly calls: readonly Call[];
  readonly notes: readonly string[];
  readonly estimated_downtime_seconds: number;
  /**
   * What to compare with later, to find out whether the call took effect. A member `started_at` says that the
   * patient will have been started anew, `replicas_wanted` (a `ReplicasWanted`) how many of a service will run: the
   * verifier holds it to that.
   */
  readonly evidence: Details;
  /** Seconds after the intent in which an effect that is not seen yet may still come. */
  readonly settle_seconds: number;
  /** What the result will hold if all goes as it stands now; for the preview alone. */
  readonly expected?: Details;
  /** What it changes besides the step's own target: nothing is done unless each of them is leased, too. */
  readonly touches?: readonly Target[];
};

/** The action makes no sense for this patient. The message says why, and what to do instead. */
export type NotApplicable = {
  readonly kind: 'not_applicable';
  readonly message: string;
  /** What stands in the way has another code than the status of the step. */
  readonly code?: 'replaced';
};

/** What looking at the patient says about a call whose answer was never heard. */
export type Observation =
  | { readonly kind: 'happened'; readonly result: Details }
  | { readonly kind: 'not_seen_yet'; readonly message: string }
  | {
      readonly kind: 'half_done';
      readonly message: string;
      readonly result?: Details;
      /** The engine may be about to do the rest of the same call. */
      readonly goesOn?: true;
    };

/** What the settings of this installation add to what the catalogue itself allows. */
export type SiteRules = { readonly commands: CommandTable };

type ActionBase = {
  readonly name: string;
  readonly summary: string;
  readonly params: z.ZodType<Details>;
  readonly risk: 'none' | 'low' | 'medium' | 'high';
  readonly reversible: boolean;
  /** Reads only: spends no budget and starts no cooldown. */
  readonly diagnostic: boolean;
  /** Takes back what another action did: the cooldown does not stand in its way. */
  readonly undoes: boolean;
};

/** An action on a container, through the Docker Engine. */
export type ContainerAction = ActionBase & {
  readonly on: 'container';
  /** The state of the patient that shows success; null when there is nothing to verify. */
  readonly expects: Expectation['state'] | null;
  /** Acts on a Swarm service by itself: none of its containers need be on this engine. */
  readonly services?: true;
  /** Ends the run of its container: what that wrote last is kept before. */
  readonly endsRun?: true;
  /** Its patient is the service that the container belongs to, where there is one, and not the container. */
  readonly scales?: 'up' | 'down';
  /** Reads what else must be known before; it comes to `prepare` as `patient.surveyed`. */
  survey?(reader: EngineReader, patient: Patient, params: Details): Promise<Details>;
  /** Says early what `prepare` will not do anywhere under these rules: which parameter, and why. */
  denies?(params: Details, rules: SiteRules): FieldError | undefined;
  /** Without rules nothing is allowed but what the catalogue itself allows. */
  prepare(patient: Patient, params: Details, rules?: SiteRules): Prepared | NotApplicable;
  /**
   * Makes the prepared calls, once. Resolves to the result, whose `details` say in words what was done.
   * Throws what the port throws, or an `ActionFailed`.
   */
  run(
    ports: { readonly engine: EnginePort; readonly reader: EngineReader },
    patient: Patient,
    prepared: Prepared,
    signal: AbortSignal,
  ): Promise<Details>;
  /** Reads the evidence of an earlier `prepare` against the patient as it is now; undefined: it is gone. */
  observe(evidence: Details, now: ContainerReading | undefined): Observation;
};

/** How an action on an engine as a whole looks at it. */
export type EngineSight = {
  readonly reader: EngineReader;
  /** Why nothing may be done to a container, by its full id; null: it may. As it is now. */
  protections(): Promise<ReadonlyMap<string, string | null>>;
};

/** An action on what an engine holds besides one container, through its Docker Engine. */
export type EngineAction = ActionBase & {
  readonly on: 'engine';
  readonly kind: 'cleanup';
  /**
   * What of the engine it acts on, and so is leased: one of the same name at a time. Undefined: only a container that
   * the request names can tell, by the Compose project that it belongs to.
   */
  concerns(params: Details): string | undefined;
  /** Parameters one of which has to be there where no container is named. */
  readonly insteadOfContainer: readonly string[];
  /** What to say to a request that names no container, and whose parameters do not tell it either. */
  readonly lacking: string;
  /** The parameters of the step, once it is known what is leased and which container was named. */
  aimed(params: Details, resolved: ResolvedTarget): Details;
  /** All that it would act on now, by ids. */
  bind(sight: EngineSight, params: Details): Promise<Bound>;
  /** With `bound` nothing besides that. */
  survey(sight: EngineSight, params: Details, bound?: Bound): Promise<Details>;
  prepare(params: Details, surveyed: Details): Prepared | NotApplicable;
  /** Makes the prepared calls, each once. */
  run(
    ports: { readonly engine: EnginePort },
    prepared: Prepared,
    signal: AbortSignal,
  ): Promise<EndpointResult>;
  /** Finds out whether the calls took effect, by reading only. */
  observe(reader: EngineReader, evidence: Details): Promise<Observation>;
};

/** An action that is a call to an HTTP endpoint which the executor's settings name. */
export type EndpointAction = ActionBase & {
  readonly on: 'endpoint';
  /** What of the outside world it acts on, and so is leased: one of the same name at a time. */
  concerns(params: Details): string;
  prepare(params: Details): Prepared<EndpointCall>;
  /** Makes the prepared call, once; may look at what came of it for as long as the signal lets it. */
  run(
    ports: { readonly endpoint: EndpointPort },
    prepared: Prepared<EndpointCall>,
    signal: AbortSignal,
  ): Promise<EndpointResult>;
  /** Finds out whether an earlier call took effect, by reading only. Throws what the port throws. */
  observe(
    ports: { readonly endpoint: EndpointPort },
    evidence: Details,
    signal: AbortSignal,
  ): Promise<Observation>;
};

/** `skipped`: there was nothing to do, and nothing was done. */
export type EndpointResult = { readonly status: 'success' | 'skipped'; readonly result: Details };

/**
 * One way of changing a patient. Adding one is this shape in a file of its own and its name in the catalogue:
 * validation, OpenAPI, preview, dispatch and recovery all follow from it.
 */
export type Action = ContainerAction | EndpointAction | EngineAction;
