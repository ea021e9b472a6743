import { z } from 'zod';
import { engineSchema } from '#libs/contracts/scalars';
import { nonNegativeInteger, port, seconds } from '#libs/runtime/config';
import { failpointsSetting } from '#libs/runtime/failpoint';
import { logSettings } from '#libs/runtime/log';

/** The settings that every service reads. */
export const meshSettings = {
  ...logSettings,
  NATS_URL: z
    .string()
    .regex(/^((nats|tls):\/\/)?[^\s/,]+(,((nats|tls):\/\/)?[^\s/,]+)*\/?$/, {
      error:
        'one or more addresses of NATS separated by commas, for example nats://nats-1:4222,nats://nats-2:4222',
    })
    .default('nats://127.0.0.1:4222'),
  NATS_USER: z.string().optional(),
  NATS_PASSWORD: z.string().optional(),
  NATS_TOKEN: z.string().optional(),
  NATS_NKEY_FILE: z.string().optional(),
  NATS_CA_FILE: z.string().optional(),
  NATS_CERT_FILE: z.string().optional(),
  NATS_KEY_FILE: z.string().optional(),
  /** Of an earlier design. Set, they are warned of: nothing is kept in Redis any more. */
  REDIS_HOST: z.string().optional(),
  REDIS_PORT: z.string().optional(),
  HEMOSTAT_DATA_DIR: z.string().default('.hemostat'),
  HEMOSTAT_ENGINE: engineSchema.default('local'),
  HEMOSTAT_REPLICAS: z
    .enum(['1', '3', '5'], { error: '1, 3 or 5' })
    .default('1')
    .transform((copies) => Number(copies)),
  HEMOSTAT_FACTS_DAYS: nonNegativeInteger({ min: 1, max: 3650, default: 7 }),
  HEMOSTAT_AUDIT_PER_TARGET: nonNegativeInteger({ min: 1, max: 100_000, default: 100 }),
  HEMOSTAT_EXECUTOR_SLOTS: nonNegativeInteger({ min: 1, max: 1_000, default: 64 }),
  /** For tests: where this process is to die. */
  HEMOSTAT_FAILPOINTS: failpointsSetting,
  HEMOSTAT_HEALTH_HOST: z.string().default('127.0.0.1'),
  HEMOSTAT_HEALTH_PORT: port().optional(),
  ACTION_TIMEOUT_SECONDS: seconds({ min: 1, max: 3_600, default: 120 }),
};

export const meshSettingsSchema = z.object(meshSettings);
export type MeshSettings = z.output<typeof meshSettingsSchema>;
