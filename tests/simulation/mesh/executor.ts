import { openCells } from '#libs/bus/cell-store';
import { cellSchema } from '#libs/contracts/cell';
import { Problem } from '#libs/contracts/problem';
import { buckets } from '#libs/contracts/subjects';
import { createHealth } from '#libs/runtime/health';
import { carryOutDecisions } from '../../../services/executor/carry-out.ts';
import type { Endpoints } from '../../../services/executor/endpoint/endpoints.ts';
import { openInventory } from '../../../services/executor/inventory/inventory.ts';
import { executorRpc } from '../../../services/executor/verbs.ts';
import { openEngineClient } from '../docker/client.ts';
import { engineName } from '../nats/server.ts';
import { keys } from './keys.ts';
import type { Started } from './replica.ts';

const endpoints: Endpoints = {
  missing: (endpoint) => endpoint,
  call: async () => {
    throw new Error('no plan of a simulation calls endpoints');
  },
  pause: async () => {},
  [Symbol.asyncDispose]: async () => {},
};

const slots = 16;

/** A replica of the executor. */
export async function startExecutor(started: Started, callTimeoutMs: number): Promise<void> {
  const { bus, process, server, docker, weather } = started;
  const engine = openEngineClient(docker, process, weather);
  const protection = { names: [], ownId: '' };
  const { clock, log } = bus;
  const inventory = openInventory({ engineName, engine, protection, clock, log, health: createHealth() });
  const view = { engine, inventory, rules: { commands: new Map() }, maintenance: async () => [] };
  const context = {
    bus,
    view,
    endpoints,
    cells: await openCells(bus, buckets.safety, cellSchema),
    engineName,
    callTimeoutMs,
    stopping: new AbortController().signal,
  };
  for (const { subject, handle } of executorRpc(engineName, view, endpoints, clock)) {
    server.respond(subject, process, (payload, reply) => {
      process.after(0, () => {
        handle(JSON.parse(payload)).then((answer) => reply(JSON.stringify(answer)), ignoreProblems);
      });
    });
  }
  carryOutDecisions(context, keys, slots);
}

// Whoever asked hears nothing and asks again.
function ignoreProblems(error: unknown): void {
  if (!(error instanceof Problem)) throw error;
}
