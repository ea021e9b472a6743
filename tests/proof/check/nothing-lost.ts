import { idFromKey } from '#libs/contracts/ids';
import { detailsSchema } from '#libs/contracts/scalars';
import { streams } from '#libs/contracts/subjects';
import type { Attempt, Evidence, Finding } from './evidence.ts';
import { outcomeOf, type Remediation, remediationsOf, terminalsOf } from './remediations.ts';

/** I1: what was accepted reaches exactly one terminal fact, in time, and nobody was told another end. */
export function nothingLost(evidence: Evidence): Finding {
  const { byId, unreadable } = remediationsOf(evidence.messages);
  const accepted = acceptedIds(evidence.attempts);
  const ids = new Set([...accepted, ...byId.keys()]);
  const offences = [
    ...[...ids].flatMap((id) => whatIsWrong(id, byId.get(id), evidence)),
    ...untold([...byId.values()], evidence),
    ...toldOtherwise(evidence.attempts, byId),
    ...keysWithTwoIds(evidence.attempts),
    ...unreadable.map((sequence) => `fact ${sequence} is none that is known`),
    ...leftOver(evidence),
  ];
  return { invariant: 'I1 nothing lost', checked: ids.size, of: 'accepted remediations', offences };
}

/** An id that an answer named, or that follows from the key of what NATS confirmed. */
export function acceptedIds(attempts: readonly Attempt[]): ReadonlySet<string> {
  return new Set(
    attempts.flatMap(({ door, principal, key, answered, remediation_id: id }) => {
      if (!answered) return [];
      if (door === 'nats') return [idFromKey(principal, key)];
      return id === null ? [] : [id];
    }),
  );
}

function whatIsWrong(id: string, known: Remediation | undefined, { run }: Evidence): readonly string[] {
  if (!known || known.requested.length === 0) return [`${id} was accepted and is in no fact`];
  const terminals = terminalsOf(known);
  const [terminal] = terminals;
  if (!terminal) return [`${id} never ended`];
  if (terminals.length > 1) return [`${id} ended ${terminals.length} times`];
  const latest =
    Math.max(run.last_fault_at, known.requested[0]?.storedAt ?? 0) + run.ends_within_seconds * 1_000;
  return terminal.storedAt > latest ? [`${id} ended ${terminal.storedAt - latest} ms too late`] : [];
}

/** Who takes results from their stream hears of every end since its oldest message, which goes when there are too many. */
function untold(remediations: readonly Remediation[], { messages }: Evidence): readonly string[] {
  const results = messages.filter(({ stream }) => stream === streams.results);
  const [oldest] = results;
  const told = new Set(results.map(({ body }) => detailsSchema.safeParse(body).data?.remediation_id));
  return remediations.flatMap((each) => {
    const [terminal] = terminalsOf(each);
    const isDue = oldest && terminal && terminal.storedAt >= oldest.stored_at;
    return isDue && !told.has(each.id) ? [`no result tells of ${each.id}`] : [];
  });
}

function toldOtherwise(
  attempts: readonly Attempt[],
  byId: ReadonlyMap<string, Remediation>,
): readonly string[] {
  return attempts.flatMap(({ remediation_id: id, outcome }) => {
    if (id === null || outcome === null) return [];
    const known = byId.get(id);
    const [terminal] = known ? terminalsOf(known) : [];
    const stands = terminal && outcomeOf(terminal);
    return stands === outcome ? [] : [`${id} was told as ${outcome} and stands as ${stands ?? 'nothing'}`];
  });
}

function keysWithTwoIds(attempts: readonly Attempt[]): readonly string[] {
  const ids = new Map<string, Set<string>>();
  for (const { principal, key, remediation_id: id } of attempts) {
    if (id === null) continue;
    const name = `${principal} ${key}`;
    ids.set(name, (ids.get(name) ?? new Set()).add(id));
  }
  return [...ids].flatMap(([key, all]) => (all.size > 1 ? [`the key ${key} has ${all.size} ids`] : []));
}

function leftOver({ messages }: Evidence): readonly string[] {
  return messages.flatMap(({ stream, sequence, subject }) => {
    if (stream === streams.inbox) return [`message ${sequence} of the inbox was never taken up`];
    return stream === streams.dead ? [`${subject} holds a dead letter, number ${sequence}`] : [];
  });
}
