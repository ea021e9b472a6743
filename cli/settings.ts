import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { port, readConfig, url } from '#libs/runtime/config';
import { firstTokenFile } from '../services/gateway/first-token.ts';

const clientSettingsSchema = z.object({
  HEMOSTAT_URL: url().optional(),
  HEMOSTAT_TOKEN: z.string().optional(),
  GATEWAY_PORT: port(9000),
  HEMOSTAT_DATA_DIR: z.string().default('.hemostat'),
});

/** `made`: the token that a gateway on this machine made for itself; it may be from an earlier day. */
export type Token = { readonly text: string; readonly from: 'given' | 'made' };
export type ClientSettings = { readonly url: string; readonly token: Token | undefined };

export type GlobalOptions = { readonly url: string | undefined; readonly token: string | undefined };

/** Where the gateway is and with what token: options go before the environment. Throws a ConfigError. */
export function clientSettings(options: GlobalOptions, env: NodeJS.ProcessEnv): ClientSettings {
  const chosen = {
    ...env,
    ...(options.url === undefined ? {} : { HEMOSTAT_URL: options.url, HEMOSTAT_URL_FILE: '' }),
    ...(options.token === undefined ? {} : { HEMOSTAT_TOKEN: options.token, HEMOSTAT_TOKEN_FILE: '' }),
  };
  const settings = readConfig(clientSettingsSchema, chosen);
  const base = settings.HEMOSTAT_URL ?? `http://127.0.0.1:${settings.GATEWAY_PORT || 9000}`;
  const given = settings.HEMOSTAT_TOKEN?.trim();
  const token: Token | undefined = given
    ? { text: given, from: 'given' }
    : madeToken(base, settings.HEMOSTAT_DATA_DIR);
  return { url: base.replace(/\/+$/, ''), token };
}

/** Only for a gateway on this machine: the token is nobody else's business. */
function madeToken(base: string, folder: string): Token | undefined {
  if (!/^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(new URL(base).hostname)) return undefined;
  try {
    const text = readFileSync(firstTokenFile(folder), 'utf8').trim();
    return text === '' ? undefined : { text, from: 'made' };
  } catch {
    return undefined;
  }
}
