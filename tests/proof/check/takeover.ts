import { streams } from '#libs/contracts/subjects';
import type { Evidence, Kill } from './evidence.ts';
import { type Remediation, remediationsOf } from './remediations.ts';

/** Work that was open when a process was killed, whoever of its replicas had it, and when it went on. */
type Open = { readonly goesOnAt: number; readonly allowanceMs: number };

/**
 * From a kill to the moment when all work that was open at its service had gone on: the slowest piece counts, and of a
 * restart in flight its grace and slack are taken off. For a service that had nothing to do: until its replacement
 * is ready. Work that met a further kill of the same service, or of NATS, is counted from the last one (`ms`), and
 * from the first one besides (`wholeMs`).
 */
export type Takeover = {
  readonly what: Kill['what'];
  readonly at: number;
  readonly ms: number;
  readonly wholeMs: number;
  readonly open: number;
};

export function takeoversOf(evidence: Evidence): readonly Takeover[] {
  const remediations = [...remediationsOf(evidence.messages).byId.values()];
  return evidence.kills
    .filter(({ what }) => what !== 'engine')
    .map((kill) => {
      const { what, at, ready_at } = kill;
      const open = openAt(kill, evidence, remediations);
      const from = (instants: (piece: Open) => number): number =>
        open.length === 0
          ? ready_at - at
          : Math.max(
              ...open.map((piece) => Math.max(0, piece.goesOnAt - instants(piece) - piece.allowanceMs)),
            );
      const lastKill = ({ goesOnAt }: Open): number =>
        Math.max(at, ...againAt(kill, evidence.kills).filter((again) => again < goesOnAt));
      const ms = Math.round(from(lastKill));
      return { what, at, ms, wholeMs: Math.round(from(() => at)), open: open.length };
    });
}

function againAt({ what, at }: Kill, kills: readonly Kill[]): readonly number[] {
  return kills
    .filter((kill) => kill.at > at && (kill.what === what || kill.what === 'nats'))
    .map((kill) => kill.at);
}

/** The smallest of the values that `share` of them do not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const inOrder = values.toSorted((a, b) => a - b);
  return inOrder[Math.max(0, Math.ceil(inOrder.length * share) - 1)] ?? 0;
}

type Find = (kill: Kill, evidence: Evidence, remediations: readonly Remediation[]) => readonly Open[];

function openAt(kill: Kill, evidence: Evidence, remediations: readonly Remediation[]): readonly Open[] {
  const found = finders[kill.what];
  return found.flatMap((find) => find(kill, evidence, remediations));
}

const atExecutor: Find = ({ at }, _, remediations) =>
  remediations.flatMap((remediation) => {
    const approved = remediation.decided.some(
      ({ body, storedAt }) => body.verdict === 'approved' && storedAt <= at,
    );
    const over = [...remediation.finished, ...remediation.complete].some(({ storedAt }) => storedAt <= at);
    if (!approved || over) return [];
    const inFlight = [...remediation.steps.values()].find(
      ({ started, executed }) => started && started.storedAt <= at && !(executed && executed.storedAt <= at),
    );
    const settleSeconds = inFlight?.started?.body.settle_seconds ?? 0;
    const next = first(remediation.all.map(({ storedAt }) => storedAt).filter((storedAt) => storedAt > at));
    return [{ goesOnAt: next, allowanceMs: settleSeconds * 1_000 }];
  });

const atVerifier: Find = ({ at }, _, remediations) =>
  remediations.flatMap(({ steps, finished }) =>
    [...steps.values()].flatMap(({ executed, verified }) => {
      if (executed?.body.status !== 'success' || executed.storedAt > at) return [];
      const ends = [verified, ...finished].flatMap((fact) => (fact ? [fact.storedAt] : []));
      return ends.some((end) => end <= at) ? [] : [{ goesOnAt: first(ends), allowanceMs: 0 }];
    }),
  );

const atSafety: Find = ({ at }, _, remediations) =>
  remediations.flatMap(({ requested, decided, finished, complete }) => {
    const known = finished.filter(({ body }) => body.outcome !== 'unknown');
    return [...waiting(requested, decided, at), ...(known.length > 0 ? waiting(known, complete, at) : [])];
  });

/** What stood at an instant and had no answer yet. */
function waiting(
  asked: readonly { readonly storedAt: number }[],
  answers: readonly { readonly storedAt: number }[],
  at: number,
): readonly Open[] {
  if (!asked.some(({ storedAt }) => storedAt <= at) || answers.some(({ storedAt }) => storedAt <= at))
    return [];
  return [{ goesOnAt: first(answers.map(({ storedAt }) => storedAt)), allowanceMs: 0 }];
}

/** A client that lost its connection asks again; a message of the inbox is delivered again. */
const atGateway: Find = ({ at, process, what }, { attempts, messages }) => {
  const requested = new Map(
    messages.flatMap(({ stream, subject, stored_at }) =>
      stream === streams.facts && subject.endsWith('.requested')
        ? [[subject.split('.')[2] ?? '', stored_at] as const]
        : [],
    ),
  );
  return attempts.flatMap((attempt) => {
    const { door, key, asked, sent_at, ended_at, answered } = attempt;
    if (door === 'nats') {
      const took = requested.get(attempt.remediation_id ?? '') ?? Number.POSITIVE_INFINITY;
      return answered && ended_at <= at && took > at ? [{ goesOnAt: took, allowanceMs: 0 }] : [];
    }
    const concerned = what === 'nats' || asked === process;
    if (!concerned || sent_at > at || ended_at <= at) return [];
    const answers = attempts.filter(
      (other) => other.key === key && other.ended_at > at && other.answered && (other.status ?? 500) < 500,
    );
    return [{ goesOnAt: first(answers.map((other) => other.ended_at)), allowanceMs: 0 }];
  });
};

/** Facts that the audit had still to copy. */
const atAudit: Find = ({ at }, { messages }) => {
  const copies = messages.filter(({ stream }) => stream === streams.audit).map(({ stored_at }) => stored_at);
  const next = first(copies.filter((stored) => stored > at));
  return next === Number.POSITIVE_INFINITY ? [] : [{ goesOnAt: next, allowanceMs: 0 }];
};

const finders: Readonly<Record<Kill['what'], readonly Find[]>> = {
  gateway: [atGateway],
  safety: [atSafety],
  executor: [atExecutor],
  verifier: [atVerifier],
  audit: [atAudit],
  nats: [atGateway, atSafety, atExecutor, atVerifier, atAudit],
  engine: [],
};

function first(instants: readonly number[]): number {
  return Math.min(Number.POSITIVE_INFINITY, ...instants);
}
