import { z } from 'zod';
import { callRpc } from '#libs/bus/rpc';
import { Problem } from '#libs/contracts/problem';
import { auditVerbs, executorVerbs, safetyVerbs, type Verb } from '#libs/contracts/rpc';
import { executorRpcSubject, rpcSubject, servicePing } from '#libs/contracts/subjects';
import type { Clock } from '#libs/runtime/clock';
import type { PartState } from '#libs/runtime/health';
import { killSwitchPart } from './kill-switch.ts';
import type { Mesh, MeshLink } from './mesh-link.ts';

/** `degraded`: all that it needs to heal is there, but the audit is not, or the kill switch is on. */
export type MeshHealth = {
  readonly status: 'ok' | 'degraded' | 'unavailable';
  readonly parts: Readonly<Record<string, PartState>>;
};

// The stream keeps every fact until the audit is back, or its file can be written; without checkpoints it is recorded all the same; the kill switch is somebody's will.
const dispensable: readonly string[] = ['audit', 'audit_file', 'audit_checkpoints', 'kill_switch'];
const freshForMs = 1_000;
const timeoutMs = 2_000;
const ping: Verb<z.ZodObject, z.ZodUnknown> = { request: z.strictObject({}), reply: z.unknown() };

/** Asks every part of the mesh whether it can do its work; callers within a second share an answer. */
export function createMeshHealth(link: MeshLink, engine: string, clock: Clock): () => Promise<MeshHealth> {
  let last: { readonly at: number; readonly answer: Promise<MeshHealth> } | undefined;
  return () => {
    const now = clock.now();
    if (last && now - last.at < freshForMs) return last.answer;
    last = { at: now, answer: ask(link, engine) };
    return last.answer;
  };
}

async function ask(link: MeshLink, engine: string): Promise<MeshHealth> {
  const nats = link.nats();
  const mesh = link.current;
  if (!nats.ok || !mesh) return judge({ nats });
  const [safety, killSwitch, verifier, audit, fileParts, dockerParts] = await Promise.all([
    answers(mesh, 'safety'),
    killSwitchParts(mesh, engine),
    answers(mesh, 'verifier'),
    answers(mesh, 'audit'),
    auditFileParts(mesh),
    engineParts(mesh, engine),
  ]);
  return judge({ nats, safety, ...killSwitch, ...dockerParts, verifier, audit, ...fileParts });
}

function judge(parts: Readonly<Record<string, PartState>>): MeshHealth {
  const away = Object.keys(parts).filter((part) => parts[part]?.ok === false);
  if (away.length === 0) return { status: 'ok', parts };
  return { status: away.every((part) => dispensable.includes(part)) ? 'degraded' : 'unavailable', parts };
}

async function answers({ context }: Mesh, service: string): Promise<PartState> {
  return callRpc(context.bus, servicePing(service), ping, {}, { timeoutMs }).then(
    () => ({ ok: true }),
    () => silent(service),
  );
}

/** Nothing when nobody can tell; whether the audit is there at all is told by its own part. */
async function auditFileParts({ context }: Mesh): Promise<Record<string, PartState>> {
  const subject = rpcSubject('audit', 'health');
  return callRpc(context.bus, subject, auditVerbs.health, {}, { timeoutMs }).then(
    ({ trouble, checkpoints }) => ({
      audit_file: trouble ? { ok: false, ...trouble } : { ok: true },
      audit_checkpoints: checkpoints ? { ok: false, ...checkpoints } : { ok: true },
    }),
    () => ({}),
  );
}

/** Nothing is said of it where safety is silent; what safety itself says that it lacks keeps it from deciding anything. */
async function killSwitchParts({ context }: Mesh, engine: string): Promise<Record<string, PartState>> {
  // The control comes with any target; without one it would come with every cell there is.
  const one = { target: `${engine}/container/any` };
  return callRpc(context.bus, rpcSubject('safety', 'status'), safetyVerbs.status, one, { timeoutMs }).then(
    ({ control }): Record<string, PartState> => ({
      kill_switch: killSwitchPart(control, context.clock.now()),
    }),
    (error: unknown) => (isAnswer(error) ? { safety: inItsWords(error.message, 'safety') } : {}),
  );
}

/** Docker is seen through the executor of the engine; where that is silent nothing is known of Docker. */
async function engineParts({ context }: Mesh, engine: string): Promise<Record<string, PartState>> {
  const subject = executorRpcSubject(engine, 'targets');
  try {
    await callRpc(context.bus, subject, executorVerbs.targets, {}, { timeoutMs });
    return { executor: { ok: true }, docker: { ok: true } };
  } catch (error) {
    if (error instanceof Problem && error.code === 'docker_unavailable') {
      return { executor: { ok: true }, docker: inItsWords(error.message, 'the executor') };
    }
    const unseen = `nobody can see it while the executor of the engine ${engine} is silent`;
    return {
      executor: silent(`executor of the engine ${engine}`),
      docker: { ok: false, cause: unseen, remedy: 'see executor' },
    };
  }
}

function silent(who: string): PartState {
  return {
    ok: false,
    cause: `the ${who} does not answer`,
    remedy: 'check that it runs (nats micro ls) and what its log says; it goes on by itself once it is back',
  };
}

/** Said by the service that was asked, and not of one that nobody heard of. */
function isAnswer(error: unknown): error is Problem {
  return error instanceof Problem && error.code === 'service_unavailable' && error.cause === undefined;
}

/** A service's own words: a sentence with the cause, then what to do. */
function inItsWords(advice: string, who: string): PartState {
  const [, cause = advice, remedy = `see the log of ${who}`] = /^(.+?)\. (\p{Lu}.*)$/su.exec(advice) ?? [];
  return { ok: false, cause, remedy };
}
