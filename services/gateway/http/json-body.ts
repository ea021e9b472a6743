import { longestBodyBytes, readJson } from '../read-json.ts';
import type { App } from './app-type.ts';

/** JSON is the only body there is, read by the parser that reads NATS messages, too. */
export function acceptJsonOnly(app: App): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'string', bodyLimit: longestBodyBytes },
    async (_request: unknown, body: string | Buffer) =>
      body.length === 0 ? undefined : readJson(String(body)),
  );
  // `curl -d ''` and some clients name a type for a body that they do not send.
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.headers['content-length'] === '0') delete request.headers['content-type'];
    done();
  });
}
