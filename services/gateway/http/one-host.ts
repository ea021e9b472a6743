import { Problem } from '#libs/contracts/problem';
import type { App } from './app-type.ts';

/** Refuses a request that names two hosts: a proxy before the gateway may have gone by the other one. */
export function wantOneHost(app: App): void {
  app.addHook('onRequest', ({ raw }, _reply, done) => {
    const hosts = raw.rawHeaders.filter((text, at) => at % 2 === 0 && /^host$/i.test(text));
    if (hosts.length < 2) done();
    else done(new Problem('invalid_request', 'The request has several Host headers. Send one.'));
  });
}
