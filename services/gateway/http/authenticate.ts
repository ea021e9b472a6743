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
    const identity = access.identify(request.headers.authorization);
    const foreign = isByToken(identity) || !access.open ? undefined : foreignness(request, access, scope);
    if (foreign !== undefined) return done(new Problem('not_permitted', foreign));
    const problem = scope === 'open' ? undefined : enter(request, reply, identity, scope);
    if (problem) done(problem);
    else done();
  });
}

/** Whoever has a token was given it: no web site can have it sent. */
function isByToken(identity: Identity | undefined): boolean {
  return identity !== undefined && identity.principal !== 'anonymous';
}

/** What is open to every program that reaches the gateway is not open to the web sites that a browser there visits. */
function foreignness({ headers }: FastifyRequest, access: Access, scope: Scope | 'open'): string | undefined {
  if (scope === 'open') return reboundName(headers.host, access.hosts);
  const fetchSite = headers['sec-fetch-site'];
  const provenance = {
    host: headers.host,
    origin: headers.origin,
    fetchSite: typeof fetchSite === 'string' ? fetchSite : undefined,
  };
  return foreignSite(provenance, access.hosts);
}

/** Makes the caller known to the route; the problem of one who may not use it. */
function enter(
  request: FastifyRequest,
  reply: FastifyReply,
  identity: Identity | undefined,
  scope: Scope,
): Problem | undefined {
  if (identity && mayUse(identity, scope)) {
    request.identity = identity;
    return undefined;
  }
  if (identity && isByToken(identity)) {
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
