import { seed } from '../size.ts';
import { clientsOf } from './clients.ts';
import type { ProofGround } from './ground.ts';
import type { Judged } from './judge.ts';
import { loadMesh } from './load.ts';

export type JudgedUnder<Made> = {
  readonly judged: Judged;
  /** What `makeFaults` says of the faults that it made. */
  readonly made: Made;
  readonly loadSeconds: number;
};

/**
 * Asks for remediations for as long as faults are made, and for at least so many; then the checker judges what came of
 * them. A fault that cannot be made ends the load, too.
 */
export async function judgedUnder<Made>(
  ground: ProofGround,
  atLeast: number,
  makeFaults: () => Promise<Made>,
): Promise<JudgedUnder<Made>> {
  const { supervised, bus, evidence, patients, suite } = ground;
  const beganAt = Date.now();
  let lastFaultAt: number | undefined;
  const faults = makeFaults().finally(() => {
    lastFaultAt = Date.now();
  });
  const clients = clientsOf(supervised, bus, evidence, () => lastFaultAt);
  const goesOn = () => lastFaultAt === undefined;
  const load = loadMesh({ clients, patients, prefix: `${suite}-${seed}`, atLeast, goesOn });
  const [made] = await Promise.all([faults, load]);
  const loadSeconds = Math.round((Date.now() - beganAt) / 1_000);
  return { judged: await ground.judged(lastFaultAt ?? 0), made, loadSeconds };
}
