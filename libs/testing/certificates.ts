import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** An authority of the test's own, with a certificate of a server on 127.0.0.1 and one of a client; for a day. */
export interface Certificates extends AsyncDisposable {
  readonly ca: string;
  readonly server: { readonly cert: string; readonly key: string };
  readonly client: { readonly cert: string; readonly key: string };
}

export async function hasOpenssl(): Promise<boolean> {
  return run('openssl', ['version']).then(
    () => true,
    () => false,
  );
}

/** Made by the machine's own openssl. */
export async function makeCertificates(): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), 'hemostat-certificates-'));
  const at = (name: string): string => join(folder, name);
  const openssl = (...args: readonly string[]) => run('openssl', args, { cwd: folder });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const ca = [
    '-x509',
    '-days',
    '1',
    '-subj',
    '/CN=test authority',
    '-keyout',
    'ca-key.pem',
    '-out',
    'ca.pem',
  ];
  await openssl('req', ...newKey, ...ca);
  const signed = async (name: string, extension: string) => {
    await writeFile(at(`${name}.ext`), extension);
    await openssl(
      'req',
      ...newKey,
      '-subj',
      `/CN=${name}`,
      '-keyout',
      `${name}-key.pem`,
      '-out',
      `${name}.csr`,
    );
    const by = ['-CA', 'ca.pem', '-CAkey', 'ca-key.pem', '-CAcreateserial', '-days', '1'];
    await openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      ...by,
      '-extfile',
      `${name}.ext`,
      '-out',
      `${name}.pem`,
    );
    return { cert: at(`${name}.pem`), key: at(`${name}-key.pem`) };
  };
  const server = await signed('server', 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n');
  const client = await signed('client', 'extendedKeyUsage=clientAuth\n');
  return {
    ca: at('ca.pem'),
    server,
    client,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
