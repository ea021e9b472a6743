import type { TestContainer } from '#libs/testing/container';
import type { Clients } from './clients.ts';

export type LoadOptions = {
  readonly clients: Clients;
  readonly patients: readonly TestContainer[];
  readonly prefix: string;
  /** At least so many remediations, and more for as long as `goesOn`. */
  readonly atLeast: number;
  readonly goesOn: () => boolean;
};

/** Every tenth remediation has a rival for its patient, every fifth is asked for at two gateways, every fourth over NATS. */
const rivalEvery = 10;
const twinEvery = 5;
const natsEvery = 4;

/** One agent a patient, each asking for the next restart when the last one has ended. Resolves with how many were asked for. */
export async function loadMesh(options: LoadOptions): Promise<number> {
  const { clients, patients, prefix, atLeast, goesOn } = options;
  let asked = 0;
  const agent = async ({ name }: TestContainer): Promise<void> => {
    while (asked < atLeast || goesOn()) {
      asked += 1;
      const nth = asked;
      const key = `${prefix}-${nth}`;
      const all =
        nth % natsEvery === 0
          ? [clients.nats(key, name)]
          : [
              clients.http(key, name, nth),
              ...(nth % twinEvery === 0 ? [clients.http(key, name, nth + 1)] : []),
            ];
      if (nth % rivalEvery === 0) {
        asked += 1;
        all.push(clients.http(`${key}-rival`, name, nth));
      }
      await Promise.all(all);
    }
  };
  await Promise.all(patients.map(agent));
  return asked;
}
