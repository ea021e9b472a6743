import { openCells } from '#libs/bus/cell-store';
import { readRemediation, type Terminal, terminalOf } from '#libs/bus/remediation-record';
import { type Cell, cellSchema } from '#libs/contracts/cell';
import { buckets, completeSubject, factsOf, streams, targetKey } from '#libs/contracts/subjects';
import { until } from '#libs/testing/until';
import type { Round } from './rounds.ts';
import type { Asked, Ward } from './ward.ts';

export type Judged = {
  readonly outcome: string;
  readonly isLost: boolean;
  readonly isDoubled: boolean;
  readonly objections: readonly string[];
};

const endsWithinMs = 120_000;
const settlesWithinMs = 30_000;

/** Whether live subscribers were told of its end. */
export const isTold = ({ ground }: Ward, id: string): boolean =>
  ground.heard.some((event) => event.remediation_id === id);

/** I1 and I2 for one remediation, from what the stream holds and what the Docker Engine says that it did. */
export async function judge(ward: Ward, round: Round, asked: Asked): Promise<Judged> {
  const { ground } = ward;
  const about = `${round.service} at ${round.point}, remediation ${asked.id}`;
  const objections: string[] = [];
  const expect = (holds: boolean, objection: string): void => {
    if (!holds) objections.push(`${about}: ${objection}`);
  };
  const within = (what: string, ask: Parameters<typeof until>[1], ms: number) =>
    until(what, ask, ms).catch(() => expect(false, `not so in time: ${what}`));

  await asked.accepted;
  await within('its end is told', () => isTold(ward, asked.id) || undefined, endsWithinMs);
  const record = await readRemediation(ground.client.bus, asked.id);
  const end = terminalOf(record?.complete?.body) ?? terminalOf(record?.decided?.body);
  const outcome = end?.fact.outcome ?? 'none';
  const terminals = await terminalsStored(ward, asked.id, end);
  expect(terminals === 1, `${terminals} terminal facts`);
  expect(
    round.outcomes.some((each) => each === outcome),
    `the outcome is ${outcome}`,
  );

  if (end?.kind === 'complete') {
    await within('its lease is free', async () => (await cellOf(ward, end))?.lease === null, settlesWithinMs);
    const counted = (await cellOf(ward, end))?.cooldown?.remediation_id === asked.id;
    expect(counted === (outcome === 'recovered'), `the cooldown ${counted ? 'runs' : 'does not run'}`);
  }

  const restarts = await ground.restartsOf(asked.container);
  expect(restarts <= 1, `the engine restarted it ${restarts} times`);
  if (outcome === 'recovered') expect(restarts > 0, 'it was never restarted');
  if (outcome === 'expired' || outcome === 'dry_run') expect(restarts === 0, 'it was restarted');
  const calledNobody = ['intent-stored', 'call-before'].includes(round.point);
  if (outcome === 'unknown' && calledNobody) expect(restarts === 0, 'it was restarted without being called');
  return { outcome, isLost: terminals !== 1, isDoubled: restarts > 1, objections };
}

/** How many facts that end it the stream holds: by counting messages, not by reading the last one. */
async function terminalsStored({ ground }: Ward, id: string, end: Terminal | undefined): Promise<number> {
  const { state } = await ground.client.bus.jsm.streams.info(streams.facts, { subjects_filter: factsOf(id) });
  const counts = state.subjects ?? {};
  const refusals = end?.kind === 'decided' ? 1 : 0;
  const repeated = Object.values(counts).filter((count) => count !== 1).length;
  return (counts[completeSubject(id)] ?? 0) + refusals + repeated;
}

async function cellOf(
  { ground }: Ward,
  { fact }: Terminal & { kind: 'complete' },
): Promise<Cell | undefined> {
  const cells = await openCells(ground.client.bus, buckets.safety, cellSchema);
  const [target] = fact.targets;
  return target && (await cells.read(targetKey(target))).value;
}
