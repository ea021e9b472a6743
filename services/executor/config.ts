import { z } from 'zod';
import { commandsSetting } from '#libs/actions/exec/commands-setting';
import { commaList, flag, seconds, url } from '#libs/runtime/config';
import { defaultDockerHost, parseDockerHost } from './docker/docker-address.ts';

const dockerHostWish =
  'the address of a Docker Engine, for example unix:///var/run/docker.sock, tcp://docker.internal:2376 or ssh://user@host';

export const executorSettingsSchema = z.object({
  DOCKER_HOST: z
    .string()
    .default(defaultDockerHost)
    .transform((text, context) => {
      const address = parseDockerHost(text);
      if (address) return address;
      context.addIssue({ code: 'custom', message: dockerHostWish });
      return z.NEVER;
    }),
  DOCKER_TLS_VERIFY: flag(false),
  /** The folder that holds ca.pem, cert.pem and key.pem. */
  DOCKER_CERT_PATH: z.string().optional(),
  /** How ssh proves who it is, and whom it believes, where DOCKER_HOST is ssh://. Paths. */
  DOCKER_SSH_IDENTITY: z.string().optional(),
  DOCKER_SSH_KNOWN_HOSTS: z.string().optional(),
  SSH_AUTH_SOCK: z.string().optional(),
  /** Containers, Compose services or canonical targets that nothing is ever done to. */
  HEMOSTAT_PROTECT: commaList([]),
  /** Docker sets it to the short id of the container that this process runs in, if it does. */
  HOSTNAME: z.string().default(''),
  CHAOS_SERVER_URL: url({ default: 'http://localhost:8080' }),
  SCALE_POOL_URL: url().optional(),
  ROTATE_CREDENTIALS_URL: url().optional(),
  /** Sent as bearer token to the two endpoints above. */
  TARGET_ENDPOINT_TOKEN: z.string().min(1).optional(),
  /** Commands that `exec` runs beside the built-in ones. */
  HEMOSTAT_EXEC_COMMANDS: commandsSetting,
  ACTION_TIMEOUT_SECONDS: seconds({ min: 1, max: 3_600, default: 120 }),
  /** Path of the public keys by which approvals are believed. */
  HEMOSTAT_DECISION_PUBLIC_KEY_FILE: z.string().optional(),
});
export type ExecutorSettings = z.output<typeof executorSettingsSchema>;
