import { type Check, type Checkup, type Finding, ok, runsHere, trouble, warning } from './check.ts';
import { type Greeting, greetingAt } from './nats-greeting.ts';

const usual = 4222;
const credentials = ['NATS_NKEY_FILE', 'NATS_USER', 'NATS_TOKEN', 'NATS_TOKEN_FILE'];

/** The NATS that the mesh would use: the one of NATS_URL, or the place where its own will be. */
export const nats: Check = {
  name: 'nats',
  look: (checkup) => (checkup.env.NATS_URL ? named(checkup.env.NATS_URL, checkup) : own(checkup)),
};

async function named(urls: string, { env }: Checkup): Promise<Finding> {
  const looks = await Promise.all(
    urls.split(',').map(async (text) => {
      const url = URL.parse(text.includes('://') ? text : `nats://${text}`);
      const port = Number(url?.port || usual);
      const host = url?.hostname.replace(/^\[|\]$/g, '') ?? '';
      return {
        where: `${host}:${port}`,
        greeting: await greetingAt(host, port),
        hasUser: Boolean(url?.username),
      };
    }),
  );
  const [first] = looks;
  const met = looks.find(({ greeting }) => greeting.kind === 'nats') ?? first;
  if (!met) return trouble('NATS_URL is empty', 'name a server, or unset it');
  const hasCredentials = met.hasUser || credentials.some((name) => env[name]);
  return judge(met.where, met.greeting, hasCredentials);
}

function judge(where: string, greeting: Greeting, hasCredentials: boolean): Finding {
  if (greeting.kind === 'nobody')
    return trouble(
      `Nothing listens on ${where} (${greeting.why})`,
      'start nats-server there, or correct NATS_URL',
    );
  if (greeting.kind === 'other')
    return trouble(`What listens on ${where} is no nats-server`, 'correct NATS_URL');
  const { version, jetstream, auth_required: closed } = greeting;
  const says = `nats-server ${version} on ${where}`;
  if (isOld(version)) return trouble(`${says} is too old`, 'install nats-server 2.9 or later');
  if (!jetstream) return trouble(`${says} runs without JetStream`, 'start it with -js');
  if (closed && !hasCredentials)
    return warning(
      `${says} asks for credentials`,
      'set NATS_NKEY_FILE, or NATS_USER and NATS_PASSWORD, or NATS_TOKEN',
    );
  return ok(`${says}, with JetStream`);
}

async function own(checkup: Checkup): Promise<Finding> {
  const port = Number(checkup.env.NATS_PORT || usual);
  if (port === 0) return ok('its own takes a free port');
  const greeting = await greetingAt('127.0.0.1', port);
  const setOther = `set NATS_PORT to a free port`;
  if (greeting.kind === 'nobody') return ok(`port ${port} is free for its own`);
  if (greeting.kind === 'other')
    return trouble(`Port ${port} is taken by another program, so nats-server cannot start`, setOther);
  if (runsHere(checkup)) return ok(`nats-server ${greeting.version} on port ${port}`);
  return warning(
    `Another nats-server (${greeting.version}) has port ${port}, so that the mesh cannot start its own`,
    `set NATS_URL=nats://127.0.0.1:${port} to use it, or ${setOther}`,
  );
}

function isOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < 2 || (major === 2 && minor < 9);
}
