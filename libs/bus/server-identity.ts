import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';

type Check = (name: string, certificate: PeerCertificate) => Error | undefined;

/** What stands for a server whose address is a number: the client knows no name of it then. */
const nameless = 'localhost';

/** Is the certificate one of a server that NATS_URL names, be it by name or by number? */
export function identityOfServers(urls: string): Check {
  const hosts = urls
    .split(',')
    .map((url) => URL.parse(url.includes('://') ? url : `nats://${url}`)?.hostname ?? '');
  const numbers = hosts.map((host) => host.replace(/^\[|\]$/g, '')).filter((host) => isIP(host) !== 0);
  return (name, certificate) => {
    if (name !== nameless || numbers.length === 0) return checkServerIdentity(name, certificate);
    const verdicts = numbers.map((number) => checkServerIdentity(number, certificate));
    return verdicts.includes(undefined) ? undefined : verdicts[0];
  };
}
