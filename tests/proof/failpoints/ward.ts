import { publishStored } from '#libs/bus/live';
import { idFromKey } from '#libs/contracts/ids';
import { inboxSubject } from '#libs/contracts/subjects';
import type { TestContainer } from '#libs/testing/container';
import { type MeshGround, startMeshGround } from '#libs/testing/mesh-ground';
import type { ServiceName, ServiceProcess } from '#libs/testing/mesh-processes';
import { until } from '#libs/testing/until';
import type { Round } from './rounds.ts';

/** A remediation that was asked for, of a container that nobody else is asked about. */
export type Asked = {
  readonly id: string;
  readonly container: TestContainer;
  /** Resolves once somebody took it; asks again until then, under the same key. */
  readonly accepted: Promise<void>;
};

/** A mesh in which one service after the other dies and is replaced. */
export interface Ward extends AsyncDisposable {
  readonly ground: MeshGround;
  /** Starts processes and waits until each says that it runs, or has died already. */
  start(service: ServiceName, count: number, env?: NodeJS.ProcessEnv): Promise<readonly ServiceProcess[]>;
  /** Ends the processes of a service that run. */
  retire(service: ServiceName): Promise<void>;
  ask(how: Round['asks'], key: string, engine: string): Promise<Asked>;
}

/** Times that make a lost call known soon, an audit that is taken over soon, and one that is signed often. */
const env = {
  ACTION_TIMEOUT_SECONDS: '3',
  HEMOSTAT_STABILITY_SECONDS: '0.3',
  AUDIT_LEASE_SECONDS: '1',
  AUDIT_CHECKPOINT_RECORDS: '10',
};
const acceptedWithinMs = 120_000;
const askAgainInMs = 200;
const again = [408, 429, 500, 502, 503, 504];

export async function openWard(): Promise<Ward> {
  const ground = await startMeshGround({ env });
  const { mesh } = ground;
  const running = (service: ServiceName) => mesh.of(service).filter((each) => each.end() === undefined);

  const start: Ward['start'] = async (service, count, given = {}) => {
    const started = await Promise.all(Array.from({ length: count }, () => mesh.start(service, given)));
    const says = (each: ServiceProcess) => each.end() !== undefined || each.output().includes('"Started"');
    await until(`${count} of ${service} run`, () => started.every(says) || undefined, 120_000);
    return started;
  };

  const takes = async (url: string | undefined, body: object, key: string): Promise<boolean> => {
    const headers = { 'content-type': 'application/json', 'idempotency-key': key };
    const request = { method: 'POST', headers, body: JSON.stringify(body) };
    const answer = await fetch(`${url}/api/v1/remediations`, request).catch(() => undefined);
    if (answer && answer.status >= 300 && !again.includes(answer.status)) {
      throw new Error(`${key} was answered with ${answer.status}: ${await answer.text()}`);
    }
    return answer !== undefined && answer.status < 300;
  };
  const acceptedBy = async (body: object, key: string, only?: ServiceProcess): Promise<void> => {
    const askAll = async () => {
      for (const { url } of only ? [only] : running('gateway')) if (await takes(url, body, key)) return true;
      await ground.client.clock.sleep(askAgainInMs);
      return undefined;
    };
    await until(`${key} is accepted`, askAll, acceptedWithinMs);
  };

  return {
    ground,
    start,
    retire: async (service) => {
      await Promise.all(running(service).map((each) => each.stop()));
    },
    ask: async (how, key, engine) => {
      const container = await ground.patient({ stopTimeout: 1 });
      // Nobody else takes up what an executor leaves there.
      const ask = { engine: how === 'expiring' ? key : engine, dry_run: how === 'dry_run' };
      const body = { container: container.name, action: 'restart', ...ask };
      const id = idFromKey('anonymous', key);
      if (how === 'nats') {
        await publishStored(ground.client.bus, inboxSubject, body, key);
        return { id, container, accepted: Promise.resolve() };
      }
      if (how !== 'expiring') return { id, container, accepted: acceptedBy(body, key) };
      await start('executor', 1, { HEMOSTAT_ENGINE: key, HEMOSTAT_FAILPOINTS: 'intent-before' });
      const [hurried] = await start('gateway', 1, { HEMOSTAT_REQUEST_TTL_SECONDS: '3' });
      const accepted = acceptedBy(body, key, hurried).finally(() => hurried?.stop());
      return { id, container, accepted };
    },
    [Symbol.asyncDispose]: () => ground[Symbol.asyncDispose](),
  };
}
