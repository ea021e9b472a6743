import { openService } from '#libs/bus/open-service';
import { setUpRole } from '#libs/bus/set-up';
import { ConfigError } from '#libs/runtime/config';

/** Makes every stream, bucket and consumer of the mesh that is missing on NATS_URL, with the key in NATS_NKEY_FILE, and ends. */
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
try {
  await using _ = await openService(setUpRole, { env: process.env, signal: stop.signal });
} catch (error) {
  const said = error instanceof Error ? error.message : String(error);
  process.stderr.write(`NATS was not set up: ${said}\n`);
  process.exitCode = error instanceof ConfigError ? 78 : 1;
}
