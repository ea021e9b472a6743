import { randomBytes } from 'node:crypto';
import type Docker from 'dockerode';
import { http, pollUntil } from '../http.ts';
import { type ProgramContainer, startProgram } from './containers.ts';
import { type Look, lookAt } from './look.ts';

/** `leak`: restarting the API heals it. `lock`: only restarting the database does. */
export type AttackVariant = 'leak' | 'lock';

export type Target = AsyncDisposable & {
  /** Names of the containers. */
  readonly api: string;
  readonly database: string;
  readonly chaos: string;
  readonly apiUrl: string;
  readonly chaosUrl: string;
  /** Begins an attack; gives its id. */
  attack(variant?: AttackVariant): Promise<string>;
  /** The three answers that an observer reads. */
  look(): Promise<Look>;
  /** Waits until the health endpoint says this word. */
  until(status: 'healthy' | 'unhealthy', withinMs?: number): Promise<Look>;
};

export type TargetOptions = {
  /** An image with Node 24 that the engine has. */
  readonly image: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Before the names `target_server_api`, `target_server_db` and `target_server_chaos`; random unless told. */
  readonly prefix?: string;
  /** Of 127.0.0.1; free ones unless told. */
  readonly ports?: { readonly api: number; readonly chaos: number };
};

const startsWithinMs = 20_000;

/**
 * Starts an API, its database and a chaos server, each in a container of its own, and waits until the API is well.
 * They share the network of the chaos server, which is never restarted: its ports stay, and nothing is resolved.
 */
export async function startTarget(docker: Docker, options: TargetOptions): Promise<Target> {
  const { image, labels = {}, ports, prefix = `hemostat-${randomBytes(4).toString('hex')}-` } = options;
  const names = {
    api: `${prefix}target_server_api`,
    database: `${prefix}target_server_db`,
    chaos: `${prefix}target_server_chaos`,
  };
  await using stack = new AsyncDisposableStack();
  const start = async (program: Omit<ProgramContainer, 'image' | 'labels'>) => {
    const { container, remove } = await startProgram(docker, { ...program, image, labels });
    stack.defer(remove);
    return container;
  };
  const bindings = {
    '8000/tcp': [{ HostIp: '127.0.0.1', HostPort: String(ports?.api ?? '') }],
    '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: String(ports?.chaos ?? '') }],
  };
  const chaos = await start({
    name: names.chaos,
    program: 'chaos.ts',
    create: { ExposedPorts: { '8000/tcp': {}, '8080/tcp': {} }, HostConfig: { PortBindings: bindings } },
  });
  const create = { HostConfig: { NetworkMode: `container:${chaos.id}` } };
  const { NetworkSettings } = await chaos.inspect();
  const urlOf = (port: keyof typeof bindings): string =>
    `http://127.0.0.1:${NetworkSettings.Ports[port]?.[0]?.HostPort ?? '0'}`;
  await start({ name: names.database, program: 'database.ts', create });
  await start({ name: names.api, program: 'api.ts', create });

  const apiUrl = urlOf('8000/tcp');
  const chaosUrl = urlOf('8080/tcp');
  const look = () => lookAt(apiUrl);
  const until: Target['until'] = async (status, withinMs = 15_000) => {
    const health = () => http('GET', `${apiUrl}/api/v1/health`);
    await pollUntil(`becoming ${status}`, health, ({ body }) => body.status === status, withinMs);
    return look();
  };
  await until('healthy', startsWithinMs);
  const owned = stack.move();
  return {
    ...names,
    apiUrl,
    chaosUrl,
    attack: (variant = 'leak') => attack(chaosUrl, variant),
    look,
    until,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function attack(chaosUrl: string, variant: AttackVariant): Promise<string> {
  const begun = await http('POST', `${chaosUrl}/api/v1/break/db_pool?variant=${variant}`);
  if (begun.status !== 202) throw new Error(`the attack did not begin: ${JSON.stringify(begun.body)}`);
  return String(begun.body.attack_id);
}
