import helmet from '@fastify/helmet';
import type { App } from './app-type.ts';

/**
 * Says to every browser what may be done with an answer: not framed, not sniffed, not read by other sites, nothing
 * loaded. The pages that load something say so themselves.
 */
export async function sendSecurityHeaders(app: App): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    frameguard: { action: 'deny' },
    // Over plain HTTP browsers pass over it, and whoever puts TLS in front of the gateway says it there.
    hsts: false,
  });
}
