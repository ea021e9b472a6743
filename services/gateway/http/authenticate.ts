import type { FastifyRequest } from 'fastify';
import { Problem } from '#libs/contracts/problem';
import type { Access } from '../access.ts';
import { type Identity, mayUse } from '../scopes.ts';
import type { App } from './app-type.ts';
import { foreignSite } from './same-site.ts';

/** Lets a request through to its route only when its principal has the route's scope. */
export function authenticate(app: App, access: Access): void {
  app.decorateRequest('identity', null);
  app.addHook('onRequest', async (request, reply) => {
    const scope = request.routeOptions.config.scope ?? 'admin';
    if (request.is404 || scope === 'open') return;
    refuseForeignSites(request, access);
    const identity = access.identify(request.headers.authorization);
    if (identity && mayUse(identity, scope)) {
      request.identity = identity;
      return;
    }
    if (identity && identity.principal !== 'anonymous') {
      throw new Problem('not_permitted', `The principal ${identity.principal} lacks the scope ${scope}.`);
    }
    reply.header('www-authenticate', 'Bearer realm="hemostat"');
    throw new Problem(
      'unauthenticated',
      identity
        ? 'Send the header Authorization: Bearer <token>. The log of the gateway says where the token is.'
        : 'The token is not known here. Check it, or send none where none is needed.',
    );
  });
}

/** Who asks, on a route that is not open. */
export function identityOf(request: FastifyRequest): Identity {
  if (!request.identity) throw new Error('an open route asked who is asking');
  return request.identity;
}

function refuseForeignSites({ headers }: FastifyRequest, access: Access): void {
  if (!access.open) return;
  const fetchSite = headers['sec-fetch-site'];
  const provenance = {
    host: headers.host,
    origin: headers.origin,
    fetchSite: typeof fetchSite === 'string' ? fetchSite : undefined,
  };
  const why = foreignSite(provenance, access.loopback);
  if (why !== undefined) throw new Problem('not_permitted', why);
}
