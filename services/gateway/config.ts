import { z } from 'zod';
import { commandsSetting } from '#libs/actions/exec/commands-setting';
import { meshSettings } from '#libs/bus/mesh-settings';
import { containerRefSchema } from '#libs/contracts/scalars';
import { commaList, flag, port, seconds } from '#libs/runtime/config';
import { isScope, type Scope, scopes } from './scopes.ts';
import { tokenPattern, tokenWish } from './tokens.ts';
import { tokensSetting } from './tokens-setting.ts';

const wantedScopes = `some of ${scopes.join(', ')}, separated by commas, for example observe,act`;
const hostPattern = /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?(:\d{1,5})?$/i;

export const gatewaySettingsSchema = z.object({
  ...meshSettings,
  GATEWAY_HOST: z.string().default('127.0.0.1'),
  GATEWAY_PORT: port(9000),
  /** The bearer token of the principal `admin`; no token at all off loopback: one is made at the first start. */
  GATEWAY_TOKEN: z.string().regex(tokenPattern, { error: tokenWish }).optional(),
  GATEWAY_TOKENS: tokensSetting.optional(),
  GATEWAY_ANONYMOUS_SCOPES: commaList([])
    .refine((names) => names.every(isScope), { error: wantedScopes })
    .transform((names): readonly Scope[] => names.filter(isScope)),
  GATEWAY_ALLOWED_HOSTS: commaList([]).refine((names) => names.every((name) => hostPattern.test(name)), {
    error: 'host names separated by commas, for example action-server,hemostat.example.com',
  }),
  GATEWAY_WAIT_SECONDS: seconds({ max: 110, default: 110 }),
  HEMOSTAT_REQUEST_TTL_SECONDS: seconds({ min: 1, max: 86_400, default: 900 }),
  HEMOSTAT_STABILITY_SECONDS: seconds({ max: 3_600, default: 5 }),
  HEMOSTAT_VERIFY_TIMEOUT_SECONDS: seconds({ min: 1, max: 3_600, default: 60 }),
  HEMOSTAT_START_PERIOD_MAX_SECONDS: seconds({ max: 3_600, default: 600 }),
  TARGET_API_CONTAINER: containerRefSchema.default('target_server_api'),
  TARGET_DB_CONTAINER: containerRefSchema.default('target_server_db'),
  /** As the executor has it: what it does not allow need not be recorded to be refused. */
  HEMOSTAT_EXEC_COMMANDS: commandsSetting,
  RESPONDER_DRY_RUN: flag(false),
});
export type GatewaySettings = z.output<typeof gatewaySettingsSchema>;
