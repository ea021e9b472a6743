import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Certificates, hasOpenssl, makeCertificates } from '#libs/testing/certificates';
import { type NatsServer, startNatsServer } from '#libs/testing/nats-server';
import { until } from '#libs/testing/until';
import { openService } from './open-service.ts';

const reason = (await hasOpenssl()) ? undefined : 'there is no openssl here to make certificates with';
if (reason !== undefined) console.warn(`skipped: TLS to NATS is not tried (${reason})`);

describe.skipIf(reason !== undefined)('with TLS', () => {
  let own: Certificates;
  let foreign: Certificates;
  let server: NatsServer;
  beforeAll(async () => {
    [own, foreign] = await Promise.all([makeCertificates(), makeCertificates()]);
    const { cert, key } = own.server;
    const tls = `tls { cert_file: "${cert}", key_file: "${key}", ca_file: "${own.ca}", verify: true }`;
    server = await startNatsServer({ configLines: [tls] });
  }, 30_000);
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    await Promise.all([own, foreign].map((made) => made?.[Symbol.asyncDispose]()));
  });

  const withClient = (made: Certificates) => ({
    NATS_CA_FILE: made.ca,
    NATS_CERT_FILE: made.client.cert,
    NATS_KEY_FILE: made.client.key,
  });

  /** What a service says that does not get in. */
  async function complaintOf(env: Record<string, string>): Promise<string> {
    const stop = new AbortController();
    const lines: string[] = [];
    const opening = openService('safety', {
      env: { NATS_URL: server.url, LOG_LEVEL: 'WARNING', ...env },
      signal: stop.signal,
      logDestination: { write: (line) => void lines.push(line) },
    });
    opening.catch(() => {});
    const line = await until('it complains', () => lines.find((each) => each.includes('NATS')));
    stop.abort();
    await expect(opening).rejects.toThrow();
    return String(JSON.parse(line).msg);
  }

  it('a service that knows the authority and has a certificate works', async () => {
    const env = { NATS_URL: server.url, LOG_LEVEL: 'silent', ...withClient(own) };
    await using context = await openService('safety', { env, signal: new AbortController().signal });
    expect(context.bus.nc.info).toMatchObject({ tls_required: true });
    expect(context.health.snapshot().ok).toBe(true);
  }, 30_000);

  it('a server whose certificate another authority signed is not believed', async () => {
    const env = { ...withClient(own), NATS_CA_FILE: foreign.ca };
    expect(await complaintOf(env)).toContain('not over TLS as this service wants it');
  }, 30_000);

  it('a server whose certificate is for another name or number is not believed', async () => {
    const env = { ...withClient(own), NATS_URL: server.url.replace('127.0.0.1', 'localhost') };
    expect(await complaintOf(env)).toContain('the name in the certificate');
    const { cert, key } = own.client;
    const tls = `tls { cert_file: "${cert}", key_file: "${key}" }`;
    await using other = await startNatsServer({ configLines: [tls] });
    const wrong = { NATS_URL: other.url, NATS_CA_FILE: own.ca };
    expect(await complaintOf(wrong)).toContain('the name in the certificate');
  }, 30_000);

  it('a service without a certificate, or with one of another authority, does not get in', async () => {
    expect(await complaintOf({ NATS_CA_FILE: own.ca })).toContain('NATS_CERT_FILE');
    expect(await complaintOf({ ...withClient(foreign), NATS_CA_FILE: own.ca })).toContain('NATS_CERT_FILE');
  }, 30_000);

  it('a server that speaks no TLS is not spoken to where TLS is wanted', async () => {
    await using plain = await startNatsServer();
    const complaint = 'not over TLS as this service wants it';
    expect(await complaintOf({ NATS_URL: plain.url, NATS_CA_FILE: own.ca })).toContain(complaint);
    expect(await complaintOf({ NATS_URL: plain.url.replace('nats:', 'tls:') })).toContain(complaint);
  }, 30_000);

  it('a certificate without its key is a setting that cannot be used', async () => {
    const env = { NATS_URL: server.url, NATS_CERT_FILE: own.client.cert };
    const opening = openService('safety', { env, signal: new AbortController().signal });
    await expect(opening).rejects.toThrow(
      /NATS_KEY_FILE: found nothing; expected a file, because NATS_CERT_FILE is set/,
    );
  });
});
