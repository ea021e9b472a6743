/**
 * Guarantee: while no key is known by which a decision could be believed, none is judged: it waits, and health says why.
 */
import type { PublicKeys } from '#libs/contracts/decision-signature';
import { atMostEachMinute } from '#libs/runtime/at-most-each-minute';
import type { Clock } from '#libs/runtime/clock';
import { decisionPublicKeyFile, readDecisionKeys } from '#libs/runtime/decision-key-files';
import type { Health } from '#libs/runtime/health';
import type { Log } from '#libs/runtime/log';

const part = 'decision_keys';
const lookAgainMs = 500;

export interface DecisionKeys extends AsyncDisposable {
  /** The keys as they were last read; undefined while there are none. */
  known(): PublicKeys | undefined;
  /** Reads the file again, for a key that was added since. */
  readAgain(): PublicKeys | undefined;
}

export type DecisionKeysOptions = {
  readonly settings: Parameters<typeof decisionPublicKeyFile>[0];
  readonly clock: Clock;
  readonly log: Log;
  readonly health: Health;
};

/** Reads the public halves of safety's keys; where there are none yet, looks again until there are. */
export function openDecisionKeys({ settings, clock, log, health }: DecisionKeysOptions): DecisionKeys {
  const file = decisionPublicKeyFile(settings);
  const stopping = new AbortController();
  const mayTell = atMostEachMinute(clock);
  let keys: PublicKeys | undefined;
  const readAgain = (): PublicKeys | undefined => {
    try {
      keys = readDecisionKeys(file) ?? keys;
    } catch (error) {
      if (mayTell('unreadable'))
        log.warn({ err: error, file }, 'the public keys of decisions cannot be read');
    }
    health.report(part, keys ? { ok: true } : missing(file));
    return keys;
  };
  const waiting = (async () => {
    while (!readAgain() && !stopping.signal.aborted) await clock.sleep(lookAgainMs, stopping.signal);
  })();
  return {
    known: () => keys,
    readAgain,
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await waiting;
    },
  };
}

const missing = (file: string) => ({
  ok: false as const,
  cause: `the public key by which decisions are believed is not there, or cannot be read: ${file}`,
  remedy:
    'start safety, which makes it at its first start; where safety has another data folder, set HEMOSTAT_DECISION_PUBLIC_KEY_FILE to the file that safety writes',
});
