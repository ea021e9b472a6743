import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Clock } from '#libs/runtime/clock';
import type { Log } from '#libs/runtime/log';
import type { Access } from '../access.ts';
import type { GatewaySettings } from '../config.ts';
import type { MeshLink } from '../mesh-link.ts';
import type { Identity, Scope } from '../scopes.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a caller needs for this route; a route that does not say needs `admin`. */
    readonly scope?: Scope | 'open';
  }
  interface FastifyRequest {
    identity: Identity | null;
  }
}

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** What the HTTP side stands on. It works, and answers 503, while the mesh is not there. */
export type GatewayParts = {
  readonly settings: GatewaySettings;
  readonly access: Access;
  readonly link: MeshLink;
  readonly log: Log;
  readonly clock: Clock;
};

/** What the routes stand on. `closing` aborts when the server is asked to stop. */
export type RouteParts = GatewayParts & { readonly closing: AbortSignal };
