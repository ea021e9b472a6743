import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { version } from '#libs/contracts/version';
import type { App } from './app-type.ts';
import { noQuery } from './query.ts';

const open = { config: { scope: 'open' as const }, schema: { hide: true, querystring: noQuery } };

// Nothing is fetched from elsewhere, and nothing is upgraded to HTTPS, which is not spoken here.
const swaggerPolicy =
  "default-src 'self'; base-uri 'self'; font-src 'self' data:; frame-ancestors 'none'; img-src 'self' data:; object-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'";

// ReDoc puts styles into the page, searches in a worker, and would fetch a logo from its makers: that is not let.
const redocPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src blob:; frame-ancestors 'none'";

const redocPage = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>hemostat API</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><redoc spec-url="/openapi.json"></redoc><script src="/redoc/redoc.standalone.js"></script></body></html>
`;

/** Before the routes: the OpenAPI document is made of their schemas as they are added. */
export async function describeApi(app: App): Promise<void> {
  app.addHook('onRoute', (route) => {
    if (!route.url.startsWith('/docs')) return;
    route.config = { ...route.config, scope: 'open' };
    route.onRequest = (request, reply, done) => (isPagePath(request.url) ? done() : reply.callNotFound());
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'hemostat',
        version,
        description:
          'Remediation of containers, decided by one safety service, done at most once, verified, and recorded.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{}, { token: [] }],
    },
    transform: (route) => {
      const described = jsonSchemaTransform(route);
      const { body } = route.schema ?? {};
      // The plugin calls every body required that it is told of.
      if (body instanceof z.ZodType && body.safeParse(undefined).success) delete described.schema?.body;
      return described;
    },
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { validatorUrl: null },
    staticCSP: swaggerPolicy,
  });
}

/** What the pages are made of has plain names. Others never get to the disk: it would complain of some of them. */
function isPagePath(url: string): boolean {
  return /^(\/[\w-][\w.-]{0,99})+\/?$/.test(url.split('?', 1)[0] ?? '');
}

/** The document itself, and ReDoc from its package: both work without the internet. */
export function documentRoutes(app: App): void {
  app.get('/openapi.json', open, (_, reply) => reply.send(app.swagger()));

  for (const path of ['/redoc', '/redoc/']) {
    app.get(path, open, (_, reply) =>
      reply.type('text/html; charset=utf-8').header('content-security-policy', redocPolicy).send(redocPage),
    );
  }

  const bundle = createRequire(import.meta.url).resolve('redoc/bundles/redoc.standalone.js');
  let script: Promise<Buffer> | undefined;
  app.get('/redoc/redoc.standalone.js', open, async (_, reply) => {
    script ??= readFile(bundle);
    return reply
      .type('text/javascript; charset=utf-8')
      .header('cache-control', 'public, max-age=86400')
      .send(await script);
  });
}
