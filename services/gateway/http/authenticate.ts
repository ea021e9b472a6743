import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '#libs/contracts/problem';
import type { Access } from '../access.ts';
import { type Identity, mayUse, type Scope, sayScopes } from '../scopes.ts';
import type { App } from './app-type.ts';
import { foreignSite, reboundName } from './same-site.ts';

const challenge = 'Bearer realm="hemostat"';
const sayNoToken =
  'Send the header Authorization: Bearer <token>. Whoever runs the gateway has the tokens; its log says whose it knows, or where the one lies that it made.';
const sayUnknownToken =
  'The token is not known here, or the header Authorization is not of the form Bearer <token>. Check it; tokens are read when the gateway starts. Send none where none is needed.';

/** Lets a request through to its route only when its principal has the route's scope. */
export function authenticate(app: App, access: Access): void {
  app.decorateRequest('identity', null);
  app.addHook('onRequest', (request, reply, done) => {
    const scope = request.routeOptions.config.scope ?? 'admin';
    if (request.is404) return done();
    const problem = scope === 'open' ? refuseRebound(request, access) : enter(request, reply, access, scope);
    if (problem) done(problem);
    else done();
  });
}

/** What is open to every program of this machine is not open to the web sites that its browser visits. */
function refuseRebound({ headers }: FastifyRequest, access: Access): Problem | undefined {
  const rebound = access.open ? reboundName(headers.host, access.loopback) : undefined;
  return rebound === undefined ? undefined : new Problem('not_permitted', rebound);
}

/** Makes the caller known to the route; the problem of one who may not use it. */
function enter(
  request: FastifyRequest,
  reply: FastifyReply,
  access: Access,
  scope: Scope,
): Problem | undefined {
  const foreign = foreignSiteOf(request, access);
  if (foreign !== undefined) return new Problem('not_permitted', foreign);
  const identity = access.identify(request.headers.authorization);
  if (identity && mayUse(identity, scope)) {
    request.identity = identity;
    return undefined;
  }
  if (identity && identity.principal !== 'anonymous') {
    reply.header('www-authenticate', `${challenge}, error="insufficient_scope", scope="${scope}"`);
    return new Problem('not_permitted', sayLack(identity, scope));
  }
  reply.header('www-authenticate', identity ? challenge : `${challenge}, error="invalid_token"`);
  return new Problem('unauthenticated', identity ? sayNoToken : sayUnknownToken);
}

/** Who asks, on a route that is not open. */
export function identityOf(request: FastifyRequest): Identity {
  if (!request.identity) throw new Error('an open route asked who is asking');
  return request.identity;
}

function sayLack(identity: Identity, scope: Scope): string {
  return `The principal ${identity.principal} lacks the scope ${scope}; it has ${sayScopes(identity)}. Whoever runs the gateway can give it in GATEWAY_TOKENS.`;
}

function foreignSiteOf({ headers }: FastifyRequest, access: Access): string | undefined {
  if (!access.open) return undefined;
  const fetchSite = headers['sec-fetch-site'];
  const provenance = {
    host: headers.host,
    origin: headers.origin,
    fetchSite: typeof fetchSite === 'string' ? fetchSite : undefined,
  };
  return foreignSite(provenance, access.loopback);
}
