import { ConfigError } from '#libs/runtime/config';
import type { Check, Checkup, Finding } from './check.ts';
import { clock } from './clock.ts';
import { dataFolder } from './data-folder.ts';
import { docker } from './docker.ts';
import { gatewayAnswers } from './gateway-answers.ts';
import { gatewayPort } from './gateway-port.ts';
import { nats } from './nats.ts';
import { natsProgram } from './nats-program.ts';
import { nodeVersion } from './node-version.ts';
import { redisSettings } from './redis-settings.ts';

const checks: readonly Check[] = [
  nodeVersion,
  natsProgram,
  nats,
  docker,
  dataFolder,
  gatewayPort,
  gatewayAnswers,
  clock,
  redisSettings,
];

export type Named = { readonly name: string } & Finding;

/** Every check by itself: one that cannot be made keeps no other from being made. */
export function lookAtAll(checkup: Checkup): Promise<readonly Named[]> {
  return Promise.all(
    checks.map(async ({ name, look }) => ({ name, ...(await safely(() => look(checkup))) })),
  );
}

async function safely(look: () => Promise<Finding> | Finding): Promise<Finding> {
  try {
    return await look();
  } catch (error) {
    const says = error instanceof Error ? error.message : String(error);
    const remedy =
      error instanceof ConfigError ? 'correct the setting' : 'this could not be looked at; see the cause';
    return { state: 'trouble', says: says.replaceAll(/\n\s*/g, ' '), remedy };
  }
}
