// The API of the demo's target. Every request needs a connection of its pool, and it makes some requests of its own,
// so that there is something to measure. What leaked lives in this process: a restart frees it.
import { connect } from './connection.ts';
import { ok, type Reply, serve } from './http-server.ts';
import { createPool } from './pool.ts';
import { createRequestLog } from './request-log.ts';

const databasePort = 5432;
const ownRequestEveryMs = 40;
const leakEveryMs = 100;
const queryTimeoutMs = 1_000;
const healthTimeoutMs = 300;

const requests = createRequestLog(1_000);
const pool = createPool({ size: 10, acquireTimeoutMs: 500, open: () => connect(databasePort, 500) });

async function work(): Promise<Reply> {
  const startedAt = Date.now();
  const error = await pool
    .with((connection) => connection.ask('QUERY', queryTimeoutMs))
    .then(() => undefined, messageOf);
  requests.add(error === undefined, Date.now() - startedAt, Date.now());
  return error === undefined ? ok({ rows: 1 }) : { status: 503, body: { error } };
}

/** The table itself is read: a database that answers, but to no query, is not healthy. */
async function databaseStatus(): Promise<{ readonly status: string; readonly error?: string }> {
  const { promise, reject } = Promise.withResolvers<never>();
  const late = setTimeout(() => reject(new Error(`no answer within ${healthTimeoutMs} ms`)), healthTimeoutMs);
  const read = pool.with((connection) => connection.ask('QUERY', healthTimeoutMs));
  return Promise.race([read, promise])
    .then(
      () => ({ status: 'healthy' }),
      (error: unknown) => ({ status: 'unhealthy', error: messageOf(error) }),
    )
    .finally(() => clearTimeout(late));
}

async function health(): Promise<Reply> {
  const database = await databaseStatus();
  const isFull = pool.status().pool_health !== 'healthy';
  const status = database.status === 'unhealthy' ? 'unhealthy' : isFull ? 'degraded' : 'healthy';
  return ok({ status, services: { database } });
}

const get = (path: RegExp, answer: () => Reply | Promise<Reply>) => ({ method: 'GET', path, answer });
serve(8000, [
  get(/^\/api\/v1\/health$/, health),
  get(/^\/api\/v1\/metrics$/, () => ok({ application: requests.metrics(Date.now()) })),
  get(/^\/api\/v1\/pool\/status$/, () => ok({ pool: pool.status() })),
  get(/^\/api\/v1\/work$/, work),
]);

// For the chaos server alone: a port that is not published.
let leaking: NodeJS.Timeout | undefined;
const leakReply = (): Reply => ok({ leaking: leaking !== undefined, leaked: pool.status().leaked });
serve(
  8001,
  [
    {
      method: 'PUT',
      path: /^\/leak$/,
      answer: () => {
        leaking ??= setInterval(() => void pool.leak().catch(() => {}), leakEveryMs);
        return leakReply();
      },
    },
    {
      method: 'DELETE',
      path: /^\/leak$/,
      answer: () => {
        clearInterval(leaking);
        leaking = undefined;
        return leakReply();
      },
    },
  ],
  '127.0.0.1',
);

setInterval(() => void work(), ownRequestEveryMs);

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

process.on('SIGTERM', () => process.exit(0));
