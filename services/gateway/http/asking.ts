import type { FastifyReply, FastifyRequest } from 'fastify';
import { freshId, idFromKey } from '#libs/contracts/ids';
import { Problem } from '#libs/contracts/problem';
import { runbookNamed } from '#libs/runbooks/catalogue';
import { rateLimitHeaders } from '../answers/rate-limit.ts';
import { refusalOf } from '../answers/refusal.ts';
import { type RemediationView, terminalOfView } from '../answers/view.ts';
import { type Asking, askOf, type Wish } from '../asking.ts';
import { refusedAsk } from '../refused.ts';
import { type Patience, remediate } from '../remediate.ts';
import { type Identity, mayUse } from '../scopes.ts';
import type { RouteParts } from './app-type.ts';
import { keyOf } from './asking-headers.ts';
import { identityOf } from './authenticate.ts';
import { leftBy } from './left-by.ts';
import { locationOf } from './location.ts';
import { waitSecondsOf } from './prefer.ts';

/** The headers of the request, parsed by `askingHeadersSchema`. */
type AskingHeaders = {
  readonly prefer?: string | undefined;
};

/**
 * Asks for a remediation in the name of the caller. Without `Prefer: wait=N` it waits `defaultWaitSeconds`. Sets the
 * status and `Location`; throws the problem of a request that was refused.
 */
export async function askFor(
  parts: RouteParts,
  request: FastifyRequest & { readonly headers: AskingHeaders },
  reply: FastifyReply,
  wish: Wish,
  defaultWaitSeconds: number,
): Promise<RemediationView> {
  const asked = request.validationError ? refused(wish, request.validationError) : askedOf(wish);
  const mesh = parts.link.open();
  const { principal } = identityOf(request);
  if (asked.ask.override) checkBreakGlass(asked.ask, identityOf(request));
  const key = keyOf(request);
  const asking = {
    ...asked,
    id: key === undefined ? freshId() : idFromKey(principal, key),
    door: 'http' as const,
    principal,
    receivedAtMs: parts.clock.now(),
  };
  const view = await remediate(mesh, asking, patience(parts, request, reply, defaultWaitSeconds));
  reply.headers(rateLimitHeaders(view));
  const refusal = refusalOf(view);
  if (refusal) throw refusal;
  reply.header('location', locationOf(asking.id)).status(terminalOfView(view) ? 200 : 202);
  return view;
}

type Asked = Pick<Asking, 'ask' | 'engine' | 'invalid'>;

function askedOf(wish: Wish): Asked {
  try {
    return askOf(wish);
  } catch (error) {
    const asked = error instanceof Problem ? refusedAsk(wish, error) : undefined;
    if (asked) return asked;
    throw error;
  }
}

/** What no schema takes is nobody's matter but the caller's, unless it is an action that there is not. */
function refused(body: unknown, error: Error): Asked {
  const asked = error instanceof Problem ? refusedAsk(body, error) : undefined;
  if (asked && !runbookNamed(asked.ask.action)) return asked;
  throw error;
}

function checkBreakGlass({ reason }: Asking['ask'], identity: Identity): void {
  if (!mayUse(identity, 'admin')) {
    const detail = `The principal ${identity.principal} lacks the scope admin, which overriding a gate needs.`;
    throw new Problem('not_permitted', detail);
  }
  if (reason === undefined || reason.trim() === '') {
    throw new Problem(
      'invalid_request',
      'Overriding a gate needs a reason: it is recorded with every fact.',
      {
        errors: [{ field: 'reason', message: 'is missing' }],
      },
    );
  }
}

function patience(
  { settings, closing }: RouteParts,
  request: FastifyRequest & { readonly headers: AskingHeaders },
  reply: FastifyReply,
  defaultWaitSeconds: number,
): Patience {
  const wanted = waitSecondsOf(request.headers.prefer, settings.GATEWAY_WAIT_SECONDS);
  if (typeof wanted === 'number') reply.header('preference-applied', `wait=${wanted}`);
  const seconds = typeof wanted === 'number' ? wanted : defaultWaitSeconds;
  return { waitMs: seconds * 1_000, endedBy: [leftBy(reply), closing] };
}
