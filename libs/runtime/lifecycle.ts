import { constants } from 'node:os';
import { z } from 'zod';
import { systemClock } from './clock.ts';
import { ConfigError, readConfig } from './config.ts';
import { createLog, type Log, logSettings } from './log.ts';

export interface ServiceOptions {
  /** How long stopping may take before the process ends regardless. */
  readonly stopWithinMs?: number;
  /** Signals closer together than this are one: npm passes on the Ctrl-C that its child has had already. */
  readonly samePressMs?: number;
  /** Stray errors, thrown where no code of ours can catch them, that the process may outlive; none by default. */
  readonly outlives?: (error: unknown) => boolean;
}

// sysexits' EX_CONFIG: starting again does not help until somebody changes a setting.
const badSettings = 78;
const lingerMs = 1000;

/**
 * For main.ts: starts, waits for SIGTERM or SIGINT, disposes what `start` returned. Its signal aborts when
 * stopping begins, also in the middle of starting. Exit codes: 0 stopped as asked; 1 failed, or not stopped
 * in time; 78 settings that cannot be used. A second signal ends the process at once.
 */
export async function runService(
  name: string,
  start: (signal: AbortSignal) => Promise<AsyncDisposable>,
  { stopWithinMs = 10_000, samePressMs = 250, outlives = () => false }: ServiceOptions = {},
): Promise<void> {
  const log = lifecycleLog(name);
  endOnStrayErrors(log, outlives);
  const signal = abortOnSignal(log, samePressMs);
  const late = new AbortController();
  signal.addEventListener('abort', async () => {
    await systemClock.sleep(stopWithinMs, late.signal);
    if (late.signal.aborted) return;
    log.error(`Not stopped within ${stopWithinMs} ms: ending regardless`);
    process.exit(1);
  });
  process.exitCode = await run(start, signal, log);
  late.abort();
  // Nothing should be left that keeps the process alive; if something is, it does not hold up the restart.
  setTimeout(() => process.exit(), lingerMs).unref();
}

async function run(
  start: (signal: AbortSignal) => Promise<AsyncDisposable>,
  signal: AbortSignal,
  log: Log,
): Promise<number> {
  let phase = 'start';
  try {
    await using _service = await start(signal);
    log.info('Started');
    phase = 'stop cleanly';
    await systemClock.sleep(Number.POSITIVE_INFINITY, signal);
  } catch (error) {
    if (error instanceof ConfigError) {
      process.stderr.write(`${error.message}\n`);
      return badSettings;
    }
    if (phase === 'start' && signal.aborted) return 0;
    log.fatal({ err: error }, `Could not ${phase}`);
    return 1;
  }
  log.info('Stopped');
  return 0;
}

function abortOnSignal(log: Log, samePressMs: number): AbortSignal {
  const controller = new AbortController();
  let firstAt: number | undefined;
  const onSignal = (signal: 'SIGTERM' | 'SIGINT') => {
    const now = performance.now();
    if (firstAt === undefined) {
      firstAt = now;
      log.info(`Stopping on ${signal}`);
      controller.abort();
    } else if (now - firstAt > samePressMs) {
      process.exit(128 + constants.signals[signal]);
    }
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  return controller.signal;
}

// Rejections that nobody handles arrive here as well.
function endOnStrayErrors(log: Log, outlives: (error: unknown) => boolean): void {
  process.on('uncaughtException', (error, origin) => {
    if (outlives(error)) return log.warn({ err: error, origin }, 'Going on after a stray error');
    // The stack at every level: this is a bug, and it may not show itself again.
    log.fatal({ err: error, origin, stack: error.stack }, 'Ending because of an error that nothing handles');
    process.exit(1);
  });
}

// Before the service has read its own settings, and lenient: it is the service that reports them.
function lifecycleLog(service: string): Log {
  try {
    const settings = readConfig(z.object(logSettings), process.env);
    return createLog({ service, level: settings.LOG_LEVEL, format: settings.LOG_FORMAT });
  } catch {
    return createLog({ service, level: 'INFO', format: 'json' });
  }
}
