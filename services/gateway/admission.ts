/**
 * Guarantee: the one way in for both doors. A request is admitted once its `requested` fact stands; asked again under
 * the same id it is the one that stands, whichever replica or door took it. When it is refused here, nothing stands
 * because of this call, except that NATS went silent in the middle: then the problem says that it is not known.
 */
import type { Bus } from '#libs/bus/bus';
import { readFact, stateFact } from '#libs/bus/fact';
import { type Requested, requestedSchema } from '#libs/contracts/facts';
import { Problem } from '#libs/contracts/problem';
import { requestedSubject } from '#libs/contracts/subjects';
import { failpoint } from '#libs/runtime/failpoint';
import { type Asking, fingerprintOfAsking } from './asking.ts';
import { withBound } from './binder.ts';
import { judged } from './refused.ts';
import { concernsOf, expired, expiryMs, type RequestSettings, toRequested } from './requested.ts';
import { createResolver, type Resolver } from './resolver.ts';

/** `fresh`: nobody can have decided about it before this call. */
export type Admitted = { readonly requested: Requested; readonly fresh: boolean };

export interface Admission {
  /** The request as it is to be admitted, under the id that it will stand under. */
  judge(asking: Asking): Asking;
  /** Takes what was judged. Throws `idempotency_key_reused`, or a problem of status 503 while the mesh cannot take it. */
  admit(asking: Asking, signal: AbortSignal): Promise<Admitted>;
}

export function createAdmission(bus: Bus, settings: RequestSettings): Admission {
  const resolve = createResolver(bus);
  return {
    judge: (asking) => judged(asking, settings.rules),
    admit: async (asking, signal) => {
      const body = await openingOf(bus, resolve, settings, asking);
      if ('stored' in body) return standing(asking, body.stored);
      const stated = await stateFact(bus, requestedSubject(asking.id), requestedSchema, body, signal).catch(
        (error: unknown) => {
          throw notKnown(asking.id, error);
        },
      );
      failpoint('requested-stored');
      if (stated.kind === 'duplicate') return standing(asking, stated.body);
      logRequested(bus, stated.body);
      return { requested: stated.body, fresh: true };
    },
  };
}

function logRequested({ log }: Bus, { ask, door, principal, engine }: Requested): void {
  const { container, action, dry_run } = ask;
  // A dry run changes nothing, and there may be thousands a second.
  log[dry_run ? 'debug' : 'info']({ container, action, dry_run, engine, door, principal }, 'requested');
}

/** Where the engine cannot be asked, a request that stands already needs no asking. */
async function openingOf(
  bus: Bus,
  resolve: Resolver,
  settings: RequestSettings,
  asking: Asking,
): Promise<Requested | { readonly stored: Requested }> {
  const { clock } = bus;
  if (asking.invalid) {
    const { message, errors } = asking.invalid;
    return toRequested(asking, { status: 'invalid', message, errors: [...errors] }, settings, clock.now());
  }
  if (clock.now() >= expiryMs(asking, settings)) {
    return toRequested(asking, expired(asking, settings), settings, clock.now());
  }
  try {
    const resolution = await resolve(asking.engine ?? settings.engine, concernsOf(asking, settings));
    return await withBound(bus, toRequested(asking, resolution, settings, clock.now()));
  } catch (error) {
    const stored = await readFact(bus, requestedSubject(asking.id), requestedSchema).catch(() => undefined);
    if (stored) return { stored: stored.body };
    throw error;
  }
}

function standing(asking: Asking, stored: Requested): Admitted {
  if (stored.fingerprint === fingerprintOfAsking(asking)) return { requested: stored, fresh: false };
  throw new Problem(
    'idempotency_key_reused',
    'This key was used before for a different request. Use a new key for a new request, or send the old one unchanged.',
    { extras: { remediation_id: asking.id } },
  );
}

function notKnown(id: string, cause: unknown): Problem {
  return new Problem(
    'nats_unavailable',
    'NATS went silent while the request was being recorded, so it is not known whether it stands. When NATS answers again, look at the remediation, or send the same request with the same Idempotency-Key.',
    { extras: { remediation_id: id }, cause },
  );
}
