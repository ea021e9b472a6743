import { z } from 'zod';
import { commandsSetting } from '#libs/actions/exec/commands-setting';
import { engineSchema } from '#libs/contracts/scalars';
import { commaList, seconds } from '#libs/runtime/config';
import { logSettings } from '#libs/runtime/log';

const socket = (example: string) =>
  z.string().regex(/^\/.{1,100}$/, { error: `the path of a unix socket, for example ${example}` });

export const guardSettingsSchema = z.object({
  /** Where the executor finds Docker: its DOCKER_HOST is unix://, and this. */
  GUARD_SOCKET: socket('/run/hemostat/docker.sock').default('/run/hemostat/docker.sock'),
  /** Docker's own. */
  DOCKER_SOCKET: socket('/var/run/docker.sock').default('/var/run/docker.sock'),
  /** These as the executor has them. */
  HEMOSTAT_ENGINE: engineSchema.default('local'),
  HEMOSTAT_PROTECT: commaList([]),
  HEMOSTAT_EXEC_COMMANDS: commandsSetting,
  ACTION_TIMEOUT_SECONDS: seconds({ min: 1, max: 3_600, default: 120 }),
  /** Where the public keys lie by which decisions are believed. */
  HEMOSTAT_DATA_DIR: z.string().default('.hemostat'),
  HEMOSTAT_DECISION_PUBLIC_KEY_FILE: z.string().optional(),
  ...logSettings,
});
export type GuardSettings = z.output<typeof guardSettingsSchema>;
