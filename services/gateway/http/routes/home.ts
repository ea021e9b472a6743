import type { App } from '../app-type.ts';
import { noQuery } from '../query.ts';

const links: readonly (readonly [string, string])[] = [
  ['/docs', 'try the API (Swagger UI)'],
  ['/redoc', 'read the API (ReDoc)'],
  ['/openapi.json', 'the API as an OpenAPI 3.1 document'],
  ['/health', 'can the mesh heal now?'],
  ['/api/v1/safety/status', 'leases, cooldowns and breakers'],
  ['/api/v1/audit', 'what was done'],
];

const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>hemostat</title><h1>hemostat</h1>
<ul>
${links.map(([path, what]) => `<li><a href="${path}">${path}</a> ${what}</li>`).join('\n')}
</ul>
</html>
`;

export function homeRoute(app: App): void {
  app.get('/', { config: { scope: 'open' }, schema: { hide: true, querystring: noQuery } }, (_, reply) =>
    reply.type('text/html; charset=utf-8').send(page),
  );
}
