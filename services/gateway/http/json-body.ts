import { Problem } from '#libs/contracts/problem';
import { longestBodyBytes, readJson, readText, refuseRepeated } from '../read-json.ts';
import type { App } from './app-type.ts';

export const sayJson = 'Send the body as JSON, with Content-Type: application/json.';
const sayPlain = 'Send the body as it is, without Content-Encoding: compressed bodies are not read.';

/** JSON is the only body there is, read by the parser that reads NATS messages, too. */
export function acceptJsonOnly(app: App): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer', bodyLimit: longestBodyBytes },
    async (_request: unknown, body: string | Buffer) => {
      if (body.length === 0) return undefined;
      const text = readText(Buffer.from(body));
      const value = readJson(text);
      refuseRepeated(text);
      return value;
    },
  );
  // Some clients name another type, or none, for a body that they do not send.
  app.addContentTypeParser('*', { parseAs: 'string' }, async (_request: unknown, body: string | Buffer) => {
    if (body.length > 0) throw new Problem('unsupported_media_type', sayJson);
  });
  app.addHook('onRequest', ({ headers }, reply, done) => {
    const { 'content-encoding': encoding = 'identity', 'content-length': length } = headers;
    const isSent = headers['transfer-encoding'] !== undefined || (length ?? '0') !== '0';
    // Without a body there is nothing to parse, whatever its type is said to be.
    if (!isSent) delete headers['content-type'];
    if (!isSent || /^(identity)?$/i.test(encoding)) return done();
    reply.header('accept-encoding', 'identity');
    done(new Problem('unsupported_media_type', sayPlain));
  });
}
