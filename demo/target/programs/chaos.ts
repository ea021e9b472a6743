// The chaos server of the demo's target. It has a container of its own and so remembers its attacks whatever is
// restarted. `leak` makes the API leak its connections; `lock` leaves a lock in the database that nobody owns.
import { randomUUID } from 'node:crypto';
import { connect } from './connection.ts';
import { type Asked, ok, type Reply, serve } from './http-server.ts';

const databasePort = 5432;
const apiLeakUrl = 'http://127.0.0.1:8001/leak';
const cancellingMs = 250;

type Variant = 'leak' | 'lock';
type Attack = {
  readonly attack_id: string;
  readonly variant: Variant;
  readonly status: 'running' | 'cancelling' | 'cancelled';
};

const attacks = new Map<string, Attack>();
const keep = (attack: Attack): Attack => {
  attacks.set(attack.attack_id, attack);
  return attack;
};

const begin: Readonly<Record<Variant, () => Promise<unknown>>> = {
  leak: () => fetch(apiLeakUrl, { method: 'PUT' }),
  lock: async () => {
    const connection = await connect(databasePort, 1_000);
    await connection.ask('LOCK', 1_000);
    await connection.ask('PREPARE', 1_000);
    connection.close();
  },
};

/** What has leaked stays leaked, and the lock stays: to stop an attack heals nothing. */
const end: Readonly<Record<Variant, () => Promise<unknown>>> = {
  leak: () => fetch(apiLeakUrl, { method: 'DELETE' }),
  lock: async () => {},
};

async function attack({ query, body }: Asked): Promise<Reply> {
  const variant = query.get('variant') ?? body.variant ?? 'leak';
  if (variant !== 'leak' && variant !== 'lock')
    return { status: 400, body: { error: 'variant is leak or lock' } };
  try {
    await begin[variant]();
  } catch (error) {
    return { status: 503, body: { error: `the attack could not begin: ${error}` } };
  }
  return { status: 202, body: keep({ attack_id: randomUUID(), variant, status: 'running' }) };
}

function withAttack(answer: (attack: Attack) => Reply): (asked: Asked) => Reply {
  return ({ parts: [id = ''] }) => {
    const found = attacks.get(id);
    return found ? answer(found) : { status: 404, body: { error: `there is no attack ${id}` } };
  };
}

function stop(attack: Attack): Reply {
  if (attack.status !== 'running') return ok(attack);
  const cancel = (): void => {
    end[attack.variant]().then(
      () => keep({ ...attack, status: 'cancelled' }),
      // The API may just be starting again.
      () => setTimeout(cancel, cancellingMs),
    );
  };
  setTimeout(cancel, cancellingMs);
  return ok(keep({ ...attack, status: 'cancelling' }));
}

serve(8080, [
  { method: 'POST', path: /^\/api\/v1\/break\/db_pool$/, answer: attack },
  { method: 'GET', path: /^\/api\/v1\/break\/db_pool\/([\w-]+)$/, answer: withAttack(ok) },
  { method: 'POST', path: /^\/api\/v1\/break\/db_pool\/([\w-]+)\/stop$/, answer: withAttack(stop) },
]);

process.on('SIGTERM', () => process.exit(0));
