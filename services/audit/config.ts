import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import { nonNegativeInteger, readConfig, seconds } from '#libs/runtime/config';
import type { KeepingOptions } from './file/keeping.ts';

const settingsSchema = z.object({
  HEMOSTAT_DATA_DIR: z.string().default('.hemostat'),
  /** A relative path lies in the data folder. Replicas share the file. */
  AUDIT_FILE: z.string().default('action_server_audit.log'),
  AUDIT_FILE_MAX_MIB: nonNegativeInteger({ min: 1, max: 100_000, default: 100 }),
  /** Full files that are kept; 0: all. */
  AUDIT_FILES_KEPT: nonNegativeInteger({ max: 100_000, default: 0 }),
  /** Without a sign of life for that long the appending replica is replaced. */
  AUDIT_LEASE_SECONDS: seconds({ min: 1, max: 600, default: 4 }),
  /** A checkpoint is signed once so many records are not yet below one … */
  AUDIT_CHECKPOINT_RECORDS: nonNegativeInteger({ min: 1, max: 1_000_000, default: 100 }),
  /** … and at the latest so long after the first of them. */
  AUDIT_CHECKPOINT_SECONDS: seconds({ min: 1, max: 86_400, default: 60 }),
});

export type AuditConfig = {
  readonly dataDir: string;
  readonly files: KeepingOptions;
  readonly leaseMs: number;
  readonly checkpointEvery: { readonly records: number; readonly ms: number };
};

export function readAuditConfig(env: NodeJS.ProcessEnv): AuditConfig {
  const settings = readConfig(settingsSchema, env);
  const { AUDIT_FILE: name } = settings;
  return {
    dataDir: settings.HEMOSTAT_DATA_DIR,
    files: {
      path: isAbsolute(name) ? name : resolve(settings.HEMOSTAT_DATA_DIR, name),
      maxBytes: settings.AUDIT_FILE_MAX_MIB * 1024 * 1024,
      keptFiles: settings.AUDIT_FILES_KEPT,
    },
    leaseMs: settings.AUDIT_LEASE_SECONDS * 1_000,
    checkpointEvery: {
      records: settings.AUDIT_CHECKPOINT_RECORDS,
      ms: settings.AUDIT_CHECKPOINT_SECONDS * 1_000,
    },
  };
}
